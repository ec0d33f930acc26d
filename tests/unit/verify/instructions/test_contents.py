"""Placeholders and postscripts."""

import pytest

from veriloop.verify.instructions.contents import number_placeholders, postscript
from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.tables import rules_of


def asked(answer, **kwargs):
    return Given(answer, kwargs, rules_of("en"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[a] [a] [b c]", 3),
        ("[link](https://a.b) ![image](x.png) [^1]", 0),
        ("- [ ] open\n- [x] done", 0),
        ("[] [ ] [...]", 0),
        ("[a\nb]", 0),
        ("[[name]]", 1),
        ("［地址］和［姓名］", 2),
    ],
)
def test_placeholders(text, count):
    assert number_placeholders(asked(text, num_placeholders=count)).value is True
    assert number_placeholders(asked(text, num_placeholders=count + 1)).value is False


@pytest.mark.parametrize(
    ("marker", "text", "value"),
    [
        ("P.S.", "Dear.\n\nP.S. Bye.", True),
        ("P.S.", "Dear.\n\n**P. S.** Bye.", True),
        ("P.S.", "Dear. p.s. bye", True),
        ("P.S.", "Dear.\n\nPS: Bye.", False),
        ("P.S.", "Dear.\n\nP.S.", False),
        ("P.S.", "P.S. Bye.", False),
        ("P.S.", "Dear.\n\nP.P.S. Bye.", False),
        ("P.S.", "Plan A.\n\nP.S. Bye.", True),
        ("P.P.S", "Dear.\n\nP.P.S Bye.", True),
        ("P.P.S", "Dear.\n\nP.S. Bye.", False),
        ("P.P.S", "Dear.\n\nP.P.Start", False),
        ("비고", "본문.\n\n비고: 안녕", True),
        ("비고", "여기 비고로 시작하는 글", False),
        ("P.P.D.", "Texto.\n\nP.P.D. Adiós.", True),
    ],
)
def test_postscripts(marker, text, value):
    assert postscript(asked(text, postscript_marker=marker)).value is value
