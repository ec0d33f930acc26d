"""The eight tasks and ten languages against what the paper and the release state."""

from veriloop.bench.pmmeval.tasks import LANGUAGES, SCORINGS, SETTINGS, TASKS


def test_the_totals_of_the_paper():
    """21,580 language-items counts FLORES in all ten languages; 30,380 counts HumanEval-XL in twelve programs'."""
    items = sum(task.rows * len(LANGUAGES) for task in TASKS.values())
    assert items == 21_580
    assert items + 11 * TASKS["humaneval_xl"].rows * len(LANGUAGES) == 30_380


def test_flores_has_no_english_target():
    assert "en" not in TASKS["flores"].languages
    assert TASKS["flores"].rows * len(TASKS["flores"].languages) == 9_108  # rows of the release
    assert all(task.languages == tuple(LANGUAGES) for key, task in TASKS.items() if key != "flores")


def test_names_in_the_files_are_told_apart():
    for names in zip(
        *((one.code, one.name, one.locale) for one in LANGUAGES.values()), strict=True
    ):
        assert len(set(names)) == 10
    assert [LANGUAGES[code].locale for code in ("en", "ar", "vi")] == ["EN-US", "AR-XY", "VI-VT"]
    assert (len(SCORINGS), len(SETTINGS)) == (2, 3)
