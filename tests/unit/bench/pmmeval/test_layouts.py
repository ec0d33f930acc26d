"""Where files are found, in which order they are preferred, and what is said of the rest."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from veriloop.bench.pmmeval.layouts import find_places, release_patterns
from veriloop.errors import InputError

SAMPLE = Path(__file__).parents[3] / "data" / "pmmeval"


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}\n", encoding="utf-8")
    return root


def found(root, **asked):
    return [(p.name, p.task, p.language, p.subset) for p in find_places(root, **asked).places]


def test_the_release_as_the_official_harness_reads_it(tmp_path):
    touch(
        tmp_path, "xnli/test/vi.jsonl", "mmmlu/easy/test/mmlu_ES-LA.jsonl", "mmmlu/hard/test/mmlu_ES-LA.jsonl",
        "humaneval-xl/test/java/Thai.jsonl", "flores/test/Arabic.jsonl", "mgsm/val/en.jsonl", "xnli/test/de.jsonl",
    )  # fmt: skip
    assert found(tmp_path) == [
        ("xnli/test/vi.jsonl", "xnli", "vi", ""),
        ("flores/test/Arabic.jsonl", "flores", "ar", ""),
        ("humaneval-xl/test/java/Thai.jsonl", "humaneval_xl", "th", "java"),
        ("mmmlu/easy/test/mmlu_ES-LA.jsonl", "mmmlu", "es", "easy"),
        ("mmmlu/hard/test/mmlu_ES-LA.jsonl", "mmmlu", "es", "hard"),
    ]


def test_the_hubs_other_name_of_flores(tmp_path):
    touch(tmp_path, "flores-200/test/Korean.jsonl", "flores-200/test/English.jsonl")
    assert found(tmp_path) == [("flores-200/test/Korean.jsonl", "flores", "ko", "")]


def test_a_release_goes_before_languages_and_these_before_single_sets(tmp_path):
    touch(tmp_path, "mgsm/en.jsonl", "pmmeval/en/mgsm.jsonl", "mgsm/test/en.jsonl")
    names = [name for name, *_ in found(tmp_path)]
    assert names == ["mgsm/test/en.jsonl", "pmmeval/en/mgsm.jsonl", "mgsm/en.jsonl"]


def test_tasks_and_languages_that_were_asked_for(tmp_path):
    touch(tmp_path, "mgsm/en.jsonl", "mgsm/ru.jsonl", "mgsm/ko.jsonl", "en/xnli.jsonl")
    assert found(tmp_path, tasks=["mgsm"], languages=["ko"]) == [
        ("mgsm/ko.jsonl", "mgsm", "ko", "")
    ]
    assert find_places(tmp_path).foreign == ("mgsm in ru: not of the ten languages, left out",)
    assert find_places(tmp_path, tasks=["xnli"]).foreign == ()


def test_translations_need_their_english(tmp_path):
    touch(tmp_path, "en/xnli.jsonl", "flores_plus/dev/kor_Hang.jsonl")
    assert [task for _, task, *_ in found(tmp_path)] == ["xnli"]
    touch(tmp_path, "flores_plus/dev/eng_Latn.jsonl", "flores_plus/dev/cmn_Hant.jsonl")
    (place,) = find_places(tmp_path, tasks=["flores"]).places
    assert place.language == "ko"
    assert place.english == tmp_path / "flores_plus/dev/eng_Latn.jsonl"
    assert "cmn_Hant" in find_places(tmp_path).foreign[0]


def test_a_folder_without_the_benchmark_is_told_what_is_expected(tmp_path):
    touch(tmp_path, "gsm8k/train.jsonl")
    with pytest.raises(InputError, match=r"nothing of P-MMEval is here.*Here are: gsm8k") as caught:
        find_places(tmp_path)
    assert caught.value.file == str(tmp_path)


def test_patterns_fetch_exactly_what_is_read():
    """Every file of the sample release fits one pattern of its own task and language, and none of another's."""
    for place in find_places(SAMPLE).places:
        for task in ("mmmlu", "flores", "humaneval_xl", "mgsm"):
            for code in ("en", "ko", "es"):
                fits = any(
                    fnmatch(place.name, p) for p in release_patterns(tasks=[task], languages=[code])
                )
                assert fits == ((place.task, place.language) == (task, code)), place.name
