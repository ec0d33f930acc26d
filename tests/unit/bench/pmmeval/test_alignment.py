"""Keys of real files recovered from shuffled rows without them, stated keys held against the evidence, reports."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.bench.pmmeval.alignment import (
    DISPUTED,
    TWICE,
    Dispute,
    align,
)
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.reading import read_pmmeval

SAMPLE = Path(__file__).parents[3] / "data" / "pmmeval"
LETTERED = {"mlogiqa": 80, "mhellaswag": 120}
WRONGLY_STATED = {"mmmlu-104", "mmmlu-105"}  # in the Korean copy: rows of other world-history items


def forgotten(items):
    """The items without their keys in a random order, and what key each had."""
    rows = [replace(item, uid=None) for item in items]
    order = list(range(len(rows)))
    random.Random(len(rows)).shuffle(order)
    return [rows[k] for k in order], [items[k].uid for k in order]


@pytest.fixture(scope="module")
def copy():
    root = Path(__file__).resolve().parents[5] / "shared" / "data"
    if not (root / "pmmeval").is_dir() or not (root / "mgsm").is_dir():
        pytest.skip("needs the public sets 'pmmeval' and 'mgsm' in ../shared/data")
    return read_pmmeval(str(root)).items


@pytest.fixture(scope="module")
def recovered(copy):
    """Every language but English aligned from shuffled rows without keys: by cell, found and true keys."""
    items, truth = {}, {}
    for (task, code), rows in copy.items():
        if task not in ("flores", "humaneval_xl"):
            items[task, code], truth[task, code] = (
                (list(rows), None) if code == "en" else forgotten(rows)
            )
    aligned = align(items)
    return aligned, {
        cell: list(zip((i.uid for i in aligned.items[cell]), keys, strict=True))
        for cell, keys in truth.items()
        if keys is not None
    }


@pytest.mark.parametrize(
    ("task", "code", "recall"),
    [
        ("xnli", "ko", 0.25), ("mhellaswag", "ko", 0.99), ("mlogiqa", "ko", 0.9), ("mmmlu", "ko", 0.88),
        ("mifeval", "ko", 0.7), ("mifeval", "es", 0.85), ("mifeval", "fr", 0.98), ("mgsm", "ko", 0.97),
        ("mgsm", "zh", 0.98), ("mgsm", "es", 0.98), ("mgsm", "ja", 0.95), ("mgsm", "th", 0.98), ("mgsm", "fr", 0.98),
    ],
)  # fmt: skip
def test_keys_are_recovered_from_shuffled_rows(recovered, task, code, recall):
    """No wrong key at all, and ``recall`` of the keys at least. XNLI's short sentences leave 3 of 4 unsettled."""
    pairs = [p for p in recovered[1][task, code] if p[1] is not None and p[1] not in WRONGLY_STATED]
    assert not [(found, true) for found, true in pairs if found not in (None, true)]
    assert sum(found == true for found, true in pairs) / len(pairs) >= recall


@pytest.mark.parametrize("task", ["xnli", "mlogiqa", "mifeval"])
def test_order_breaks_ties_rightly_where_files_run_in_one_order(copy, task):
    """Without their keys, in their own order: all keys but a few are found, none wrong, those by order told apart."""
    rows = {code: [replace(i, uid=None) for i in copy[task, code]] for code in ("en", "ko")}
    aligned = align({(task, code): items for code, items in rows.items()})
    keys = [{i.row: i.uid for i in side} for side in aligned.items.values()]
    english = {i.uid: keys[0][i.row] for i in copy[task, "en"]}
    found = [(keys[1][i.row], english[i.uid]) for i in copy[task, "ko"]]
    assert all(one in (None, true) for one, true in found)
    assert sum(one is not None for one, _ in found) >= 0.94 * len(found)
    cell = aligned.cells[1]
    assert cell.by_order > 0
    assert cell.stated == 0


def test_world_history_in_the_korean_copy(recovered, copy):
    """Of the seven rows that have no key in the copy one has a counterpart (a song on the Winter King); and the row
    stated as 104 is English row 102 (two authors on the French Revolution). The other six have none.
    """
    found = {i.row: i.uid for i in recovered[0].items["mmmlu", "ko"]}
    assert [found[row] for row in (102, 103, 292, 293, 294, 295, 296)] == [
        None, None, None, None, None, "mmmlu-294", None,
    ]  # fmt: skip
    assert found[104] == "mmmlu-102"
    assert found[105] is None
    english = {i.uid: i.text("question") for i in copy["mmmlu", "en"]}
    assert "French Revolution" in english["mmmlu-102"]
    assert "poor Winter King" in english["mmmlu-294"]


def test_gold_letters_by_row_and_by_key(copy):
    """The copy's README: 35 of 80 and 35 of 120 letters agree by row, 80 of 80 and 120 of 120 by key."""
    aligned = align({cell: rows for cell, rows in copy.items() if cell[0] in LETTERED})
    cells = {(c.task, c.language): c for c in aligned.cells}
    for task, n in LETTERED.items():
        cell = cells[task, "ko"]
        assert (cell.gold_by_row, cell.gold_by_uid) == ((35, n), (n, n))
        assert (cell.aligned, cell.options) == (n, "same order")
    rows = {(t, i.uid): i.row for t in LETTERED for i in aligned.items[t, "ko"]}
    assert [rows["mlogiqa", f"mlogiqa-{k}"] for k in (19, 27, 33, 40)] == [76, 77, 78, 79]
    moved = [rows["mhellaswag", f"mhellaswag-{k}"] for k in (10, 25, 26, 62, 63, 99)]
    assert moved == list(range(114, 120))
    assert ("mlogiqa", "mlogiqa-19", "ko") in aligned.shared_options


def test_a_key_that_its_row_contradicts_is_taken_away(copy):
    near = {*range(60, 140), *range(280, 310)}
    items = {
        ("mmmlu", code): [i for i in copy["mmmlu", code] if i.row in near] for code in ("en", "ko")
    }
    aligned = align(items)
    assert [(d.row, d.stated, d.evidence) for d in aligned.disputes] == [
        (104, "mmmlu-104", "mmmlu-102"),
        (105, "mmmlu-105", None),
    ]
    keys = {i.row: i.uid for i in aligned.items["mmmlu", "ko"]}
    assert (keys[104], keys[105], keys[101]) == (None, None, "mmmlu-101")
    cell = aligned.cells[1]
    assert cell.apart[DISPUTED] == 2
    assert cell.aligned == cell.verified + cell.stated + cell.by_order


def test_the_miniature_release():
    """Moved Korean rows find their English; keys come from English; nothing is disputed."""
    read = read_pmmeval(str(SAMPLE))
    aligned = align(read.items)
    assert not aligned.disputes
    assert list(aligned.items) == list(read.items)
    cells = {(c.task, c.language): c for c in aligned.cells}
    assert cells["mgsm", "ko"].gold_by_row[0] < cells["mgsm", "ko"].gold_by_uid[0] == 12
    assert all(c.aligned >= 0.9 * c.rows for c in aligned.cells)
    for items in aligned.items.values():
        keys = [i.uid for i in items if i.uid]
        assert len(keys) == len(set(keys))
    both = [{i.uid for i in aligned.items["flores", code]} for code in ("zh", "vi")]
    assert both[0] == both[1]
    assert {c.reference for c in aligned.cells if c.task != "flores"} == {"en"}
    assert {c.reference for c in aligned.cells if c.task == "flores"} == {"zh"}
    assert json.loads(json.dumps(aligned.as_json()))["disputes"] == []


def test_keys_do_not_depend_on_the_order_of_rows():
    """Order breaks ties alone, and ten sure pairs are needed for that: with fewer, keys are those of any order."""
    items = read_pmmeval(str(SAMPLE), tasks=["mhellaswag", "mmmlu", "xnli"]).items
    items = {c: [replace(i, uid=None) for i in rows] for c, rows in items.items()}
    straight = align(items)
    turned = align({cell: list(reversed(rows)) for cell, rows in items.items()})
    for cell, rows in straight.items.items():
        assert {(i.source, i.row, i.uid) for i in rows} == {
            (i.source, i.row, i.uid) for i in turned.items[cell]
        }


def test_options_in_another_order():
    """Rows are aligned, and that letters mean something else is told."""
    items = read_pmmeval(str(SAMPLE), tasks=["mhellaswag"]).items
    rng = random.Random(0)
    mixed = []
    for item in items["mhellaswag", "ko"]:
        order = rng.sample("ABCD", 4)
        fields = {
            **item.fields,
            **{new: item.fields[old] for new, old in zip("ABCD", order, strict=True)},
        }
        mixed.append(replace(item, fields=fields, gold="ABCD"[order.index(item.gold)]))
    aligned = align({**items, ("mhellaswag", "ko"): mixed})
    cell = aligned.cells[1]
    assert (cell.language, cell.options) == ("ko", "another order")
    assert cell.aligned >= 6
    truth = {i.row: i.uid for i in align(items).items["mhellaswag", "ko"]}
    assert all(i.uid in (None, truth[i.row]) for i in aligned.items["mhellaswag", "ko"])
    assert not any(language == "ko" for _, _, language in aligned.shared_options)
    assert sum(language == "en" for _, _, language in aligned.shared_options) == 12


def program(uid, *, code="assert f()", language="ko"):
    fields = {"prompt": language, "entry_point": "f", "test": code, "declaration": "", "description": ""}  # fmt: skip
    return Item("humaneval_xl", language, 0, fields, uid=uid, subset="python")


def test_texts_that_are_the_same_in_all_languages_are_the_key():
    english = [program("a", language="en"), program("b", code="assert g()", language="en")]
    korean = [
        program("b", code="assert g()"),
        program("a", code="assert h()"),
        program(None, code="x"),
    ]
    aligned = align({("humaneval_xl", "en"): english, ("humaneval_xl", "ko"): korean})
    assert [i.uid for i in aligned.items["humaneval_xl", "ko"]] == ["b", None, None]
    (dispute,) = aligned.disputes
    assert isinstance(dispute, Dispute)
    assert dispute.why == "the texts that are the same in all languages differ"


def sentence(language, text, gold):
    return Item("flores", language, 0, {"source": text}, gold)


def test_the_same_row_twice_has_no_key():
    rows = {
        ("flores", "zh"): [sentence("zh", t, "x") for t in ("One.", "One.", "Two.")],
        ("flores", "ko"): [sentence("ko", t, "y") for t in ("Two.", "One.")],
    }
    aligned = align(rows)
    assert [i.uid is None for i in aligned.items["flores", "zh"]] == [True, True, False]
    assert aligned.items["flores", "ko"][0].uid == aligned.items["flores", "zh"][2].uid
    assert aligned.items["flores", "ko"][1].uid is None
    assert aligned.cells[0].apart == {TWICE: 2}


def test_keys_that_no_language_shares_are_no_keys():
    """What one file states means nothing where the reference states none."""
    rows = {
        ("flores", "zh"): [sentence("zh", t, "x") for t in ("One.", "One.", "Two.")],
        ("flores", "ko"): [
            replace(sentence("ko", "Two.", "y"), uid="k-2"),
            sentence("ko", "3", "z"),
        ],
    }
    aligned = align(rows)
    assert aligned.items["flores", "ko"][0].uid == aligned.items["flores", "zh"][2].uid != "k-2"
    assert not aligned.disputes


def test_a_language_alone_keeps_its_keys_and_is_not_called_verified():
    row = Item("mgsm", "ko", 0, {"question": "1 + 1?"}, "2", "mgsm-7")
    aligned = align({("mgsm", "ko"): [row]})
    assert aligned.items["mgsm", "ko"] == (row,)
    cell = aligned.cells[0]
    assert (cell.aligned, cell.verified, cell.stated) == (1, 0, 1)
    assert align({}).cells == ()
    assert align({("mgsm", "ko"): []}).items == {}
