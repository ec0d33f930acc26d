import pytest

from veriloop.report.page import Link, Page, Provenance, Text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.org", "file:///etc", ""]
)
def test_links_go_only_where_a_reader_would_expect(url):
    with pytest.raises(ValueError, match="https://"):
        Link("here", url)
    assert Link("here", "https://arxiv.org/abs/2412.06559").url.startswith("https")


def test_a_page_is_rebuilt_by_its_repr():
    page = Page("T", "s", (Text("t", ("p",)),), Provenance("veriloop run prm", seeds={"run": 1}))
    assert eval(repr(page)) == page
