"""What is put to a model: the official prompts to the letter, their translations, and demonstrations."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.prompting import (
    asked,
    choose_shots,
    demonstrable,
)
from veriloop.bench.pmmeval.tasks import SETTINGS, TASKS
from veriloop.errors import InputError

OPTIONS = {"A": "uno", "B": "dos", "C": "tres", "D": "cuatro"}
FIELDS = {
    "xnli": {"premise": "P {x}", "statement": "S"},
    "mhellaswag": {"context": "C", **OPTIONS},
    "mlogiqa": {"context": "C", "question": "Q", **OPTIONS},
    "mmmlu": {"question": "Q", "subject": "anatomy", **OPTIONS},
    "mgsm": {"question": "Q {0}"},
    "flores": {"source": "The book is here."},
    "humaneval_xl": {
        "prompt": "def f(x):\n",
        "entry_point": "f",
        "test": "assert f(1)",
        "declaration": "def f(x):",
        "description": "d",
    },
    "mifeval": {
        "prompt": "Sing. {no} comma",
        "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
        "kwargs": [{}, {"num_words": 3, "relation": None}],
    },
}
GOLD = {"flores": "El libro está aquí.", "mgsm": "12"}


def item(task, language="es", row=0, uid="u0", **more):
    gold = GOLD.get(task, "B") if demonstrable(task) else None
    subset = {"humaneval_xl": "python", "mmmlu": "easy"}.get(task, "")
    return Item(task, language, row, FIELDS[task] | more, gold, uid, subset, f"{task}.jsonl")


def digest(text):
    return sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("task", "language", "official"),
    [
        ("xnli", "es", "c0f70d9d94136063"),
        ("mhellaswag", "es", "0eb7a4de8dbb958f"),
        ("mlogiqa", "es", "bd9015ba5700efa3"),
        ("mmmlu", "es", "bbfcd7b74fa3c8ef"),
        ("mgsm", "en", "b044a1d9cf27d550"),
        ("mgsm", "es", "850a757caa894b04"),
        ("mgsm", "fr", "44d982408a41cf6a"),
        ("mgsm", "zh", "7d815de17fa27ae5"),
        ("mgsm", "ja", "53414db5934d5c60"),
        ("mgsm", "th", "233f0cc8dde69083"),
        ("mgsm", "ko", "d57f4a2dcccb77e0"),
        ("mgsm", "pt", "5963114fa6a2d60a"),
        ("mgsm", "vi", "05d30f5e0f64eb7f"),
        ("mgsm", "ar", "e21a8f53ddf3962d"),
        ("flores", "zh", "47f668fb6541a4db"),
        ("flores", "ar", "4bd0c3cfd262ae5b"),
        ("flores", "es", "4f5e1a91f3d3376b"),
        ("flores", "ja", "26f79193445a2276"),
        ("flores", "ko", "fb664ae29445af2f"),
        ("flores", "th", "567a5beae6b54351"),
        ("flores", "fr", "b2cfd513e1c8d3ff"),
        ("flores", "pt", "f99bd76f1d5a0bf0"),
        ("flores", "vi", "5b7a38866addfbbb"),
    ],
)
def test_the_official_prompt_to_the_letter(task, language, official):
    """Digests of what OpenCompass @ a5acc4bb fills for these fields (its configs/datasets/PMMEval/*_gen_*.py)."""
    setting = "native" if task == "flores" else "en"
    assert digest(asked(item(task, language), setting).text) == official


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("setting", ["en", "native"])
def test_a_problem_carries_what_scorers_read(task, setting):
    one = item(task)
    problem = asked(one, setting)
    assert [m.role for m in problem.prompt] == ["user"]
    assert (problem.task, problem.language, problem.uid) == (f"pmmeval/{task}", "es", "u0")
    assert (problem.reference, problem.subset) == (one.gold, one.subset)
    assert problem.meta == {"row": 0, "setting": setting, "fields": one.fields}


def test_code_and_instructions_are_asked_as_they_stand_in_every_setting():
    for task in ("humaneval_xl", "mifeval"):
        asked_as = {asked(item(task), setting).text for setting in SETTINGS}
        assert asked_as == {FIELDS[task]["prompt"]}
    (test,) = asked(item("humaneval_xl"), "en").tests
    assert test == {
        "function": "f",
        "prompt": "def f(x):\n",
        "check": "assert f(1)",
        "language": "python",
        "declaration": "def f(x):",
    }
    assert asked(item("mifeval"), "en").instructions == (
        {"id": "punctuation:no_comma", "kwargs": {}},
        {"id": "length_constraints:number_words", "kwargs": {"num_words": 3}},
    )


@pytest.mark.parametrize("task", [t for t in TASKS if demonstrable(t)])
def test_the_language_of_the_instruction_is_all_that_the_setting_changes(task):
    for code in TASKS[task].languages:
        english, native = (asked(item(task, code), s).text for s in ("en", "native"))
        for name, value in FIELDS[task].items():
            assert name == "subject" or (value in english and value in native)
        assert (english == native) == (code == "en")


def test_a_translation_is_asked_for_in_english_by_the_language_s_name():
    text = asked(item("flores", "th"), "en").text
    assert text == "Translate this sentence from English to Thai.\n\nThe book is here."


# ---------------------------------------------------------------------------------------------- demonstrations


def items(task, languages=("en", "es"), count=12):
    return [
        Item(task, code, row, FIELDS[task] | {"question": f"Q{row}"}, "ABCD"[row % 4], f"u{row}")
        for code in languages
        for row in range(count)
    ]


def test_shots_are_shown_as_they_are_asked_and_answered():
    found = {}
    for task in ("mmmlu", "mlogiqa", "mgsm", "flores"):
        shots = (item(task, uid="u1", row=1), item(task, uid="u2", row=2))
        problem = asked(item(task), "en-few-shot", shots=shots)
        question = asked(item(task), "en").text
        assert problem.text.endswith(f"\n\n{question}")
        assert problem.text.count(question) == 3
        assert problem.meta["shots"] == ["u1", "u2"]
        found[task] = problem.text.split(f"\n\n{question}")[0].removeprefix(question)
    assert found == {
        "mmmlu": '\n{"answer": "B"}',
        "mlogiqa": "\n{'answer': 'B'}",
        "mgsm": "\nLa respuesta es 12",
        "flores": "\nEl libro está aquí.",
    }


def test_shots_are_the_same_items_in_every_language_and_leave_the_score():
    pool = [*items("mmmlu"), Item("mmmlu", "es", 12, FIELDS["mmmlu"], "A", None)]
    shots = choose_shots(pool, k=4, seed=0)
    uids = [[i.uid for i in shots.by_language[code]] for code in ("en", "es")]
    assert uids[0] == uids[1]
    assert Counter(i.gold for i in shots.by_language["en"]) == dict.fromkeys("ABCD", 1)
    assert len(shots.scored) == len(pool) - 8
    assert not {i.uid for i in shots.scored} & set(uids[0])
    assert shots.scored[-1].uid is None, "an item that is not aligned is scored, and never shown"


@settings(max_examples=30)
@given(st.randoms(), st.integers(0, 3))
def test_shots_depend_on_the_seed_alone(random, seed):
    pool = items("mmmlu")
    first = choose_shots(pool, k=3, seed=seed)
    random.shuffle(pool)
    again = choose_shots(pool, k=3, seed=seed)
    assert first.by_language == again.by_language
    others = [choose_shots(pool, k=3, seed=s).by_language["en"] for s in range(5)]
    assert any(other != first.by_language["en"] for other in others)


def test_only_uids_that_all_languages_have_are_shown():
    pool = [i for i in items("mmmlu") if i.language == "en" or i.row in (2, 5, 7)]
    chosen = {i.uid for i in choose_shots(pool, k=2, seed=1).by_language["es"]}
    assert chosen < {"u2", "u5", "u7"}
    with pytest.raises(InputError, match=r"3 demonstrations of mmmlu .*: 3 items are aligned"):
        choose_shots(pool, k=3, seed=1)


def test_a_task_without_answers_keeps_all_its_items():
    pool = [item("mifeval", row=row, uid=f"u{row}") for row in range(3)]
    shots = choose_shots(pool, k=2, seed=0)
    assert shots.scored == tuple(pool)
    assert shots.by_language == {"es": ()}


@pytest.mark.parametrize(
    ("one", "setting", "shots", "says"),
    [
        (item("mgsm"), "en-few-shot", (), "en-few-shot needs demonstrations of mgsm"),
        (item("mgsm"), "en", (item("mgsm", uid="u1"),), "mgsm takes no demonstrations under en"),
        (item("mifeval"), "en-few-shot", (item("mifeval", uid="u1"),), "takes no demonstrations"),
        (item("mgsm"), "en-few-shot", (item("mgsm"),), "would demonstrate its own answer"),
        (
            item("mgsm"),
            "en-few-shot",
            (item("mgsm", "fr", uid="v"),),
            "in fr is none for mgsm in es",
        ),
        (item("mgsm"), "few", (), "no prompt setting 'few': there are en, native, en-few-shot"),
        (Item("xquad", "es", 0, {}), "en", (), "no task 'xquad': there are xnli"),
    ],
)
def test_what_cannot_be_asked_says_why(one, setting, shots, says):
    with pytest.raises(InputError, match=says):
        asked(one, setting, shots=shots)


def test_a_demonstration_without_an_answer_is_refused():
    shot = Item("mgsm", "es", 7, FIELDS["mgsm"], None, "u1", source="dev.jsonl")
    with pytest.raises(InputError, match=r"dev.jsonl, row 8: a demonstration has no answer"):
        asked(item("mgsm"), "en-few-shot", shots=(shot,))


def test_shots_are_of_one_task():
    with pytest.raises(InputError, match="one task at a time, got"):
        choose_shots([*items("mmmlu"), *items("mgsm")], k=1, seed=0)
