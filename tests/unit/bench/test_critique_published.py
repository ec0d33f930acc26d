"""The published tables are whole, and agree with themselves and with RealCritic's size."""

import pytest

from veriloop.bench.critique_published import published_critics


def test_every_system_has_both_tables():
    told = published_critics()
    assert [s.system for s in told.systems] == [
        "Qwen2.5-72B-Instruct (base)",
        "SCRIT",
        "o1-mini",
    ]
    for system in told.systems:
        assert set(system.accuracies) == set(system.means) == {"incorrect", "balanced", "own"}
        assert all(set(sets) == set(told.rows_by_set) for sets in system.accuracies.values())
    assert "2501.05727" in told.source


def test_the_means_of_table_2():
    """EI-F1 is the mean of five subsets; SCRIT's exact mean is 45.02."""
    for system in published_critics().systems:
        assert sum(system.f1.values()) / 5 == pytest.approx(system.ei_f1, abs=0.0501)
    assert sum(published_critics().systems[1].f1.values()) / 5 == pytest.approx(45.02)


def test_realcritic_has_2093_rows():
    assert sum(published_critics().rows_by_set.values()) == 2093
