"""Reading whole sources: a release, folders of languages, single sets and several of them; bad rows; a hub cache."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from veriloop.bench.pmmeval.reading import read_pmmeval
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.errors import InputError

SAMPLE = Path(__file__).parents[3] / "data" / "pmmeval"


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def question(text="How many?", answer="3", **more):
    return {"question": text, "answer": answer, **more}


def test_a_release_in_miniature():
    """All eight tasks in the official layout; what it lacks is told by cell."""
    read = read_pmmeval(str(SAMPLE))
    sizes = {cell: len(items) for cell, items in read.items.items()}
    assert {task for task, _ in sizes} == set(TASKS)
    assert [sizes["xnli", code] for code in LANGUAGES] == [9] * 10
    assert (sizes["mmmlu", "ko"], sizes["mifeval", "ko"]) == (12, 17)
    assert (sizes["humaneval_xl", "ko"], sizes["humaneval_xl", "ar"]) == (8, 4)
    assert len(read.missing) + len(sizes) == sum(len(task.languages) for task in TASKS.values())
    assert "mlogiqa lacks zh, ar, es, ja, th, fr, pt, vi" in read.missing_line()
    assert not read.quarantine.rows
    assert not read.notes


def test_one_task_in_one_language():
    read = read_pmmeval(str(SAMPLE), tasks=["mgsm"], languages=["ko", "vi"])
    assert list(read.items) == [("mgsm", "ko")]
    assert read.missing == (("mgsm", "vi"),)


def test_a_bad_row_never_costs_the_others(tmp_path):
    write(
        tmp_path / "mgsm/test/en.jsonl",
        question(), question(answer="many"), "{broken", ["no object"], "", question("And now?", "1,024"),
    )  # fmt: skip
    read = read_pmmeval(str(tmp_path))
    items = read.items["mgsm", "en"]
    assert [(item.row, item.gold) for item in items] == [(0, "3"), (5, "1024")]
    aside = [(bad.file, bad.row, bad.field) for bad in read.quarantine.rows]
    assert aside == [("mgsm/test/en.jsonl", n, f) for n, f in ((2, "answer"), (3, None), (4, None))]
    assert read.set_aside() == {("mgsm", "en"): 3}


def test_a_key_that_is_stated_twice(tmp_path):
    write(tmp_path / "en/mgsm.jsonl", question(uid="a"), question("Again?", uid="a"))
    read = read_pmmeval(str(tmp_path))
    assert len(read.items["mgsm", "en"]) == 1
    assert read.quarantine.rows[0].reason == "a was read before, in row 1"


def test_sets_side_by_side_are_merged_without_duplicates(tmp_path):
    """A release before single sets, by task, language and subset; what is left out is told."""
    program = {"prompt": "p", "entry_point": "f", "test": "t"}
    write(tmp_path / "pmmeval/en/mgsm.jsonl", question(uid="mgsm-0"))
    write(tmp_path / "mgsm/en.jsonl", question("Other?", uid="mgsm-9"))
    write(tmp_path / "mgsm/es.jsonl", question("¿Cuántos?", uid="mgsm-0"))
    write(
        tmp_path / "pmmeval/en/humaneval-xl.jsonl",
        {**program, "task_id": "python/0", "language": "python"},
    )
    write(tmp_path / "humaneval_xl/python/English.jsonl", {**program, "task_id": "python/0"})
    write(tmp_path / "humaneval_xl/perl/English.jsonl", {**program, "task_id": "perl/0"})
    read = read_pmmeval(str(tmp_path))
    assert [i.text("question") for i in read.items["mgsm", "en"]] == ["How many?"]
    assert read.items["mgsm", "es"][0].uid == "mgsm-0"
    assert [i.uid for i in read.items["humaneval_xl", "en"]] == [
        "humaneval-xl-python/0",
        "humaneval-xl-perl/0",
    ]
    assert read.notes == (
        "mgsm en: read from pmmeval/en/mgsm.jsonl, mgsm/en.jsonl has it too and is left out",
        "humaneval_xl en python: read from pmmeval/en/humaneval-xl.jsonl, "
        "humaneval_xl/python/English.jsonl has it too and is left out",
    )


def test_translations_are_paired_by_id_and_never_by_row(tmp_path):
    folder = tmp_path / "flores_plus/dev"
    write(folder / "eng_Latn.jsonl", {"id": "0", "text": "Zero."}, {"id": "1", "text": "One."})
    write(
        folder / "kor_Hang.jsonl",
        {"id": "1", "text": "하나."}, {"id": "7", "text": "일곱."}, {"text": "없음."}, {"id": "0", "text": "영."},
    )  # fmt: skip
    read = read_pmmeval(str(tmp_path))
    pairs = [(i.text("source"), i.gold, i.uid, i.row) for i in read.items["flores", "ko"]]
    assert pairs == [("One.", "하나.", "flores-dev-1", 0), ("Zero.", "영.", "flores-dev-0", 3)]
    assert [(b.row, b.field) for b in read.quarantine.rows] == [(2, "id"), (3, "id")]
    assert "in place of FLORES-200's test set" in read.notes[0]


@pytest.mark.parametrize(
    ("source", "asked", "says"),
    [
        ("nowhere", {}, "there is no such folder"),
        (__file__, {}, "is a file; name the folder"),
        (str(SAMPLE), {"tasks": ["mmlu"]}, "no task 'mmlu'; P-MMEval has xnli, "),
        (str(SAMPLE), {"languages": ["de"]}, "no language 'de'; P-MMEval has en, zh"),
        (str(SAMPLE), {"tasks": ["mlogiqa"], "languages": ["vi"]}, "nothing of mlogiqa, vi"),
    ],
)
def test_sources_that_are_none(source, asked, says):
    with pytest.raises(InputError, match=says) as caught:
        read_pmmeval(source, **asked)
    assert "\n" not in str(caught.value)


def test_a_source_of_bad_rows_alone(tmp_path):
    write(tmp_path / "mgsm/en.jsonl", question(answer="many"))
    with pytest.raises(InputError, match=r"no usable row: set aside 1 row: mgsm/en.jsonl, row 1"):
        read_pmmeval(str(tmp_path))


def test_the_hub_is_read_as_the_release_that_it_holds(tmp_path):
    """Offline, from a cache that has a revision of the set; and a set that is not there is one clear line."""
    cache = tmp_path / "hub/datasets--someone--P-MMEval"
    shutil.copytree(SAMPLE / "mgsm", cache / f"snapshots/{'a' * 40}/mgsm")
    (cache / "refs").mkdir()
    (cache / "refs/main").write_text("a" * 40, encoding="utf-8")
    code = (
        "from veriloop.bench.pmmeval.reading import read_pmmeval\n"
        "from veriloop.errors import InputError\n"
        "read = read_pmmeval('hub:someone/P-MMEval', tasks=['mgsm'], languages=['en', 'ko'])\n"
        "print(sorted((c, len(i)) for c, i in read.items.items()))\n"
        "try:\n    read_pmmeval('hub:someone/else')\nexcept InputError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    environment.pop("HF_HUB_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert first == "[(('mgsm', 'en'), 12), (('mgsm', 'ko'), 12)]"
    assert second.startswith("hub:someone/else: reading it from the hub failed: ")


def test_the_copy_at_hand(shared_data):
    """Counts of the copy: what the paper says where it is whole, six Korean questions without a text, and for Spanish
    and French the prompts whose arguments were not lost.
    """
    read = read_pmmeval(str(shared_data("pmmeval")))
    sizes = {cell: len(items) for cell, items in read.items.items()}
    for task in ("xnli", "mhellaswag", "mlogiqa", "mmmlu", "mifeval"):
        assert {sizes[task, code] for code in ("en", "ko")} == {TASKS[task].rows}
    assert (sizes["mgsm", "en"], sizes["mgsm", "ko"]) == (250, 244)
    assert sizes["humaneval_xl", "en"] == sizes["humaneval_xl", "ko"] == 3 * 80
    files = Counter(bad.file for bad in read.quarantine.rows)
    assert files == {"ko/mgsm.jsonl": 6, **{f"{c}/mifeval_prompts.jsonl": 38 for c in ("es", "fr")}}
    assert {bad.reason for bad in read.quarantine.rows if "mgsm" in bad.file} == {
        "the text is empty"
    }


def test_facts_of_the_release(shared_data):
    """The spec's section 3: labels, letters, subjects and instructions of the English and Korean files."""
    read = read_pmmeval(str(shared_data("pmmeval")))

    def golds(task, code):
        return Counter(item.gold for item in read.items[task, code])

    for code in ("en", "ko"):
        assert golds("xnli", code) == dict.fromkeys("ABC", 40)
        assert golds("mlogiqa", code) == dict.fromkeys("ABCD", 20)
        assert golds("mhellaswag", code) == dict.fromkeys("ABCD", 30)
        subjects = {item.text("subject") for item in read.items["mmmlu", code]}
        assert len(subjects) == 52
        absent = {"abstract_algebra", *(f"college_{s}" for s in (
            "chemistry", "computer_science", "mathematics", "physics"))}  # fmt: skip
        assert not subjects & absent
    assert Counter(i.subset for i in read.items["mmmlu", "en"]) == {"easy": 200, "hard": 200}
    ids = [item.fields["instruction_id_list"] for item in read.items["mifeval", "en"]]
    assert {len(one) for one in ids} == {1}
    counts = Counter(one[0].partition(":")[2] for one in ids)
    assert counts == {
        "no_comma": 15, "forbidden_words": 11, "repeat_prompt": 9, "postscript": 9, "quotation": 8, "end_checker": 7,
        "two_responses": 6, "number_placeholders": 5, "number_words": 5, "number_sentences": 4,
        "constrained_response": 3, "number_bullet_lists": 3, "number_paragraphs": 3, "json_format": 2,
        "number_highlighted_sections": 2, "title": 2, "nth_paragraph_first_word": 2,
    }  # fmt: skip


def test_a_root_of_several_sets(shared_data):
    root = shared_data("pmmeval").parent
    for name in ("mgsm", "flores_plus", "humaneval_xl"):
        shared_data(name)
    read = read_pmmeval(str(root), tasks=["mgsm", "flores", "humaneval_xl"])
    assert {code for task, code in read.items if task == "mgsm"} == {
        "en", "zh", "es", "ja", "ko", "th", "fr"
    }  # fmt: skip
    assert {c: len(i) for (t, c), i in read.items.items() if t == "flores"} == {
        "zh": 997,
        "ko": 997,
    }
    assert len({c for t, c in read.items if t == "humaneval_xl"}) == 8
    keys = [i.uid for i in read.items["humaneval_xl", "en"]]
    assert len(keys) == len(set(keys)) == 240
