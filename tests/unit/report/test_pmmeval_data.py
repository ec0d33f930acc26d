from veriloop.bench.pmmeval.summary import summarise
from veriloop.report.pmmeval_data import Completeness, completeness_table, published_table


def test_completeness_says_what_lacks_and_why():
    rows = (
        Completeness("xnli", "en", 120, 120, 120, {}),
        Completeness("xnli", "ko", 118, 120, 117, {"lengths differ": 1}, aside=2),
        Completeness("mgsm", "en", 250, 250, 250, {}),
    )
    table = completeness_table(rows)
    assert [c.name for c in table.columns] == ["en", "ko"]
    assert [(row.label, row.cells) for row in table.rows] == [
        ("XNLI", ("120", "117 / 118 / 120")),
        ("MGSM", ("all", "–")),
    ]
    assert "1 lengths differ" in table.caption
    assert "could not be used: 2" in table.caption
    whole = completeness_table(rows[:1])
    assert whole.rows[0].cells == ("all",)
    assert "Every item is aligned" in whole.caption


def test_published_numbers_stand_beside_the_same_model_only(several, made_up):
    _, summary = several
    table = published_table(summary)
    assert table is not None
    rows = {(row.group, row.label): row.cells for row in table.rows}
    # Qwen2.5 report, table 14: Qwen2.5-7B-Instruct, IFEval (multilingual)
    cells = rows["Qwen2.5-7B-Instruct, prompt en", "IFEval (multilingual), mean"]
    assert cells[0].value == 74.87
    (own,) = [s for s in summary.of("fixed") if s.system == ("Qwen2.5-7B-Instruct", "en")]
    assert cells[2].value == own.means.sets["mifeval"].estimate.value
    other = made_up.measured(
        3, models=("nobody's",), settings=("en",), tasks=("mgsm",), languages=("en",)
    )
    assert published_table(summarise([a for m in other for a in m.answered])) is None


def test_published_numbers_of_what_was_not_asked_are_left_out(made_up):
    """The Qwen3 report has eight languages of MLogiQA, thinking and not: only the one that was asked is here."""
    asked = made_up.measured(
        4, models=("Qwen3-8B",), settings=("en",), tasks=("mlogiqa", "mgsm"), languages=("en", "ko"),
        scorings=("fixed",),
    )  # fmt: skip
    table = published_table(summarise([a for m in asked for a in m.answered]))
    assert table is not None
    # Qwen3 report, table 30
    assert [(row.label, row.cells[0].value) for row in table.rows] == [
        ("MLogiQA, Korean, thinking", 60.0),
        ("MLogiQA, Korean, non-thinking", 52.5),
    ]
    assert all(row.cells[1].value is None for row in table.rows)  # official was not scored
    assert all(row.cells[2].value is not None for row in table.rows)
    other = made_up.measured(
        4, models=("Qwen3-8B",), settings=("en",), tasks=("xnli",), languages=("ko",)
    )
    assert published_table(summarise([a for m in other for a in m.answered])) is None
