"""The knowledge graph: lookups, claims supported, refuted or unknown, and files that cannot be read."""

import asyncio

import pytest

from veriloop.errors import InputError
from veriloop.search.tools.graph import Graph, read_triples

TRIPLES = "Paris\tcapital of\tFrance\nFrance\tborders\tSpain\nFrance\tborders\tItaly\nParis\tlies on\tSeine\n"


@pytest.fixture
def graph(tmp_path):
    (tmp_path / "g.tsv").write_text(TRIPLES)
    return Graph(str(tmp_path / "g.tsv"), single=("Capital of",))


def say(tool, text):
    return asyncio.run(tool.call(text)).text


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("Paris | capital of | France", "supported: Paris | capital of | France"),
        ("(paris |  CAPITAL  of | france)", "supported: paris | CAPITAL  of | france"),
        ("Paris | capital of | Italy", "refuted:\nParis | capital of | France"),
        (
            "France | borders | Belgium",
            "unknown:\nFrance | borders | Spain\nFrance | borders | Italy",
        ),
        ("Rome | capital of | Italy", "unknown: the graph has no capital of of Rome"),
        ("France | capital of | Paris", "unknown: the graph has no capital of of France"),
        ("France | borders", "France | borders | Spain\nFrance | borders | Italy"),
        ("Seine", "Paris | lies on | Seine"),
        ("Rome", "the graph says nothing of Rome"),
    ],
)
def test_what_it_says(graph, claim, says):
    assert say(graph, claim) == says


def test_what_the_graph_does_not_say_is_never_false(tmp_path):
    """A relation that may have several objects refutes nothing."""
    (tmp_path / "g.tsv").write_text(TRIPLES)
    assert say(Graph(str(tmp_path / "g.tsv")), "Paris | capital of | Italy").startswith("unknown:")


def test_long_lists_are_cut(tmp_path):
    (tmp_path / "g.tsv").write_text("".join(f"a\tr\t{i}\n" for i in range(30)))
    assert (
        say(Graph(str(tmp_path / "g.tsv"), most=2), "a") == "a | r | 0\na | r | 1\n... and 28 more"
    )


def test_jsonl_and_the_fingerprint(tmp_path, graph):
    rows = (line.split("\t") for line in TRIPLES.splitlines())
    text = "".join(
        f'{{"subject": "{s}", "relation": "{r}", "object": "{o}"}}\n' for s, r, o in rows
    )
    (tmp_path / "g.jsonl").write_text(text)
    same = Graph(str(tmp_path / "g.jsonl"), graph.single)
    assert same.fingerprint() == graph.fingerprint()


@pytest.mark.parametrize(
    ("name", "text", "says", "row", "field"),
    [
        ("a.tsv", "a\tb\tc\na\tb\n", "got 2 parts", 2, None),
        ("a.tsv", "a\t \tc\n", "a text is wanted", 1, "relation"),
        ("a.tsv", "\n", "no triple", None, None),
        (
            "a.jsonl",
            '{"subject": "a", "relation": "b", "object": 3}',
            "a text is wanted",
            1,
            "object",
        ),
        ("a.jsonl", "{", "not JSON", 1, None),
        ("a.jsonl", "[]", "a row is an object", 1, None),
    ],
)
def test_what_cannot_be_read_names_its_place(tmp_path, name, text, says, row, field):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_triples(tmp_path / name)
    assert (caught.value.row, caught.value.field) == (row, field)
    with pytest.raises(InputError, match="cannot be read"):
        read_triples(tmp_path / "none.tsv")


def test_brackets_of_a_name_stay(tmp_path):
    (tmp_path / "g.tsv").write_text("Paris (Texas)\tlies in\tLamar County (Texas)\n")
    graph = Graph(str(tmp_path / "g.tsv"))
    for claim in ("{}", "({})"):
        whole = claim.format("Paris (Texas) | lies in | Lamar County (Texas)")
        assert say(graph, whole) == "supported: Paris (Texas) | lies in | Lamar County (Texas)"
    assert say(graph, "Paris (Texas)").startswith("Paris (Texas) | lies in")


@pytest.mark.parametrize("text", ["", "()", "a | | b", "a|b|c|d"])
def test_a_call_in_another_form_is_an_error(graph, text):
    assert not asyncio.run(graph.call(text)).ok
