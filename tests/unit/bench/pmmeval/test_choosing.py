"""What is asked is the same in every language."""

import pytest

from veriloop.bench.pmmeval.choosing import demonstrated, limited, of_programs
from veriloop.bench.pmmeval.items import Item
from veriloop.errors import InputError


def letters(language, count, start=0):
    fields = {"context": "c", "question": "q", "A": "1", "B": "2", "C": "3", "D": "4"}
    return [
        Item(
            "mlogiqa", language, i, fields | {"question": f"{language} {i}"}, "ABCD"[i % 4], f"q{i}"
        )
        for i in range(start, count)
    ]


def programs(language):
    fields = {"prompt": "p", "entry_point": "f", "test": "t", "declaration": "", "description": ""}
    return [
        Item("humaneval_xl", language, i, fields, None, f"{name}/{i}", name)
        for name in ("python", "java", "perl")
        for i in range(6)
    ]


def test_a_limit_keeps_the_same_items_of_every_language_and_a_share_of_every_subset():
    items = {
        ("mlogiqa", "en"): letters("en", 20),
        ("mlogiqa", "ko"): letters("ko", 20, 5),
        ("humaneval_xl", "en"): programs("en"),
    }
    kept = limited(items, 6)
    uids = {place: [i.uid for i in own] for place, own in kept.items()}
    assert len(uids["mlogiqa", "en"]) == 6
    assert uids["mlogiqa", "en"] == uids["mlogiqa", "ko"]
    assert [i.subset for i in kept["humaneval_xl", "en"]] == ["python"] * 2 + ["java"] * 2 + [
        "perl"
    ] * 2
    assert limited(items, 0) == {place: tuple(own) for place, own in items.items()}
    assert sum(len(own) for own in limited(items, 1000).values()) == 15 + 15 + 18


def test_rows_without_a_key_leave_under_a_limit():
    loose = Item("mlogiqa", "en", 99, letters("en", 1)[0].fields, "A", None)
    assert loose not in limited({("mlogiqa", "en"): [*letters("en", 4), loose]}, 4)["mlogiqa", "en"]


def test_programming_languages_are_chosen_and_unknown_ones_are_told():
    items = {("humaneval_xl", "en"): programs("en"), ("mlogiqa", "en"): letters("en", 2)}
    assert {i.subset for i in of_programs(items, ["perl", "scala"])["humaneval_xl", "en"]} == {
        "perl"
    }
    assert len(of_programs(items, ["all"])["humaneval_xl", "en"]) == 18
    assert ("mlogiqa", "en") in of_programs(items, ["perl"])
    with pytest.raises(InputError, match=r"java, perl, python here, not scala"):
        of_programs(items, ["scala"])
    with pytest.raises(InputError, match="not pyhton"):
        of_programs(items, ["perl", "pyhton"])


def test_demonstrations_are_held_out_under_few_shot_alone():
    items = {("mlogiqa", c): letters(c, 8) for c in ("en", "ko")} | {
        ("humaneval_xl", "en"): programs("en")
    }
    scored, shown, held = demonstrated(items, "en", shots=2, seed=0)
    assert (len(scored), shown, held) == (34, {}, 0)
    scored, shown, held = demonstrated(items, "en-few-shot", shots=2, seed=0)
    assert held == 4
    assert len(scored) == 30
    uids = [[i.uid for i in shown["mlogiqa", c]] for c in ("en", "ko")]
    assert uids[0] == uids[1]
    assert not set(uids[0]) & {i.uid for i in scored}
