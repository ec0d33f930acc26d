"""The published numbers agree with the sets' sizes, and stand beside the model that they are of and no other."""

import pytest

from veriloop.bench.pmmeval.published import UNTUNED_NAME, beside, published_scores
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS


def test_every_mlogiqa_number_is_a_share_of_80():
    """As printed: multiples of 1.25 to one decimal, rounded by binary floats (61.25 as 61.3, 56.25 as 56.2)."""
    scores = [s for s in published_scores() if s.task == "mlogiqa"]
    assert len(scores) == 21 * 8
    for score in scores:
        assert score.items == TASKS["mlogiqa"].rows == 80
        assert abs(score.value - 1.25 * round(score.value / 1.25)) <= 0.0501
        assert score.same_items
        assert score.language in LANGUAGES


def test_what_is_not_of_the_same_items_says_so():
    others = [s for s in published_scores() if s.task != "mlogiqa"]
    assert len(others) == 22
    for score in others:
        assert not score.same_items
        assert (score.items, score.language, score.standard_error) == (None, "", None)
        assert score.differs.startswith("other ")
        assert "2412.15115, table 1" in score.source
    assert all(s.differs and s.source for s in published_scores())


def test_numbers_of_the_reports():
    """Qwen2.5 report, table 13; Qwen3 report, tables 24 (es) and 35 (th)."""
    values = {
        (s.system, s.task, s.language, s.mode): (s.value, s.source) for s in published_scores()
    }
    assert values["Qwen2.5-72B", "mifeval", "", ""][0] == 86.98
    assert values["Mistral-Large", "mgsm", "", ""][0] == 89.01
    value, source = values["Qwen3-0.6B", "mlogiqa", "es", "thinking"]
    assert (value, source) == (42.5, "Qwen3 technical report, arXiv 2505.09388, table 24")
    value, source = values["Qwen3-8B", "mlogiqa", "th", "non-thinking"]
    assert (value, source) == (42.5, "Qwen3 technical report, arXiv 2505.09388, table 35")


def test_a_number_of_80_items_moves_by_5_points_by_chance():
    """Qwen3-0.6B above 1.7B in Arabic without thinking: 8.8 points apart, with errors of 5.5 and 5.2."""
    small, large = (
        next(s for s in beside(m) if (s.language, s.mode) == ("ar", "non-thinking"))
        for m in ("Qwen3-0.6B", "Qwen3-1.7B")
    )
    assert (small.value, large.value) == (40.0, 31.2)
    assert small.standard_error == pytest.approx(5.48, abs=0.01)
    assert large.standard_error == pytest.approx(5.18, abs=0.01)


@pytest.mark.parametrize(
    ("model", "systems"),
    [
        ("Qwen/Qwen3-8B", {"Qwen3-8B"}),
        ("qwen3:8b", {"Qwen3-8B"}),
        ("Qwen3-8B@http://localhost:8000/v1", {"Qwen3-8B"}),
        ("/models/Qwen3-8B/", {"Qwen3-8B"}),
        ("/cache/models--Qwen--Qwen3-8B/snapshots/0f3e", {"Qwen3-8B"}),
        ("Qwen/Qwen3-0.6B", {"Qwen3-0.6B"}),
        ("Qwen/Qwen2.5-72B-Instruct", {"Qwen2.5-72B", "Qwen2.5-72B-Instruct"}),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", {"Llama3.1-8B"}),
        ("google/gemma-2-9b-it", {"Gemma2-9B"}),
        ("google/gemma-3-27b-it", {"Gemma-3-27b-IT"}),
        ("mistralai/Mistral-Large-Instruct-2407", {"Mistral-Large"}),
        ("gpt-4o-mini", {"GPT4o-mini"}),
        ("gpt-4o-2024-11-20", {"GPT-4o-2024-11-20"}),
    ],
)
def test_a_name_finds_its_model(model, systems):
    assert {s.system for s in beside(model)} == systems


@pytest.mark.parametrize(
    "model",
    [
        *("Qwen-38B", "Qwen3-80B", "Qwen3-8B-Base", "Qwen3-8B-AWQ", "Qwen3-Coder-30B-A3B", "Qwen3"),
        *("Qwen2.5-Math-7B-Instruct", "Qwen2.5-7B-Instruct-1M", "DeepSeek-R1-Distill-Qwen-7B"),
        *("gpt-4o", "gpt-4o-2024-08-06", "Mistral-Large-Instruct-2411", "tiny", "", "/", "模型"),
    ],
)
def test_another_model_finds_nothing(model):
    assert beside(model) == ()


def test_a_name_without_its_tuning_is_told_so():
    assert all(UNTUNED_NAME in s.differs for s in beside("Qwen/Qwen2.5-7B"))
    assert not any(UNTUNED_NAME in s.differs for s in beside("Qwen/Qwen2.5-7B-Instruct"))
    assert not any(UNTUNED_NAME in s.differs for s in beside("Qwen/Qwen3-8B"))


def test_every_published_model_finds_itself():
    for score in published_scores():
        assert score in beside(score.served or score.system)
