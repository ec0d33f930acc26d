"""Items of one draw: by premise, by passage, by function, in whatever language says so first."""

from dataclasses import replace

from veriloop.bench.pmmeval.draws import draws
from veriloop.bench.pmmeval.items import Item


def xnli(code, *rows):
    return [
        Item("xnli", code, i, {"premise": premise, "statement": f"{i}"}, "A", uid)
        for i, (premise, uid) in enumerate(rows)
    ]


def test_hypotheses_of_one_premise_are_one_draw():
    items = {
        ("xnli", "en"): xnli("en", ("P one", "a"), ("P  one", "b"), ("Q", "c"), ("P one", None)),
        ("xnli", "fr"): xnli("fr", ("p", "b"), ("q", "c"), ("p", "d"), ("r", "e"), ("r", "f")),
    }
    # English joins a and b, French d to them by b, and e with f, which English lacks.
    joined = {"a": "a", "b": "a", "d": "a", "e": "e", "f": "e"}
    assert draws(items) == {"xnli": joined}


def test_what_shares_nothing_is_not_named():
    assert draws({("xnli", "en"): xnli("en", ("P", "a"), ("Q", "b"))}) == {}
    assert draws({("mgsm", "en"): [Item("mgsm", "en", 0, {"question": "?"}, "1", "m")]}) == {}


def test_a_function_is_the_same_in_all_programming_languages():
    items = [
        Item("humaneval_xl", "en", i, {"entry_point": name}, None, f"{subset}/{i}", subset)
        for subset, names in (
            ("python", ("sort_array", "max_fill", "sort_array")),
            ("java", ("sortArray",)),
        )
        for i, name in enumerate(names)
    ]
    found = draws({("humaneval_xl", "en"): items})
    assert found == {"humaneval_xl": {"python/0": "python/0", "java/0": "python/0"}}
    hashed = [replace(item, uid=f"{item.subset}-{item.row}") for item in items[1:]]
    assert set(draws({("humaneval_xl", "en"): hashed})["humaneval_xl"]) == {"python-2", "java-0"}


def test_questions_on_one_passage():
    items = [
        Item("mlogiqa", "th", i, {"context": text}, "A", f"m{i}") for i, text in enumerate("xyx")
    ]
    assert draws({("mlogiqa", "th"): items}) == {"mlogiqa": {"m0": "m0", "m2": "m0"}}
