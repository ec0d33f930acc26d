"""What the figures must show: the rows of excess claim numbers that a judge which looked away would not confirm."""

from typing import Any

import pytest

from veriloop.codejudge.selftest.attempts import SHORT, Attempt, end, judged
from veriloop.codejudge.selftest.excesses import EXCESSES
from veriloop.sandbox.limits import MIB
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome, Stopped

TRIALS = {t.name: t for row in EXCESSES for t in row.trials if isinstance(t, Attempt)}


def outcome(stdout: bytes, *, cpu_s: float = 0.0, peak: int = 0, **more: object) -> Outcome:
    ended: dict[str, Any] = {"exit": 0, "signal": None, "cpu_s": cpu_s, "peak": peak, **more}
    isolation = Isolation(Mode.NONE, "test")
    return Outcome(wall_s=0.1, peak_source="rss", isolation=isolation, stdout=stdout, **ended)


@pytest.mark.parametrize(
    ("name", "cpu_s", "peak", "held"),
    [
        ("double_fork 100", 0.101, 0, True),
        ("double_fork 100", 0.0, 0, False),
        ("hold 40", 0.0, 40 * MIB, True),
        ("hold 40", 0.0, 2 * MIB, False),
        ("hold 40", 0.0, 400 * MIB, False),  # of a large judge
    ],
)
def test_what_was_used_must_have_been_seen(name, cpu_s, peak, held, attacked):
    said = b"CPU 100\nDONE\n" if "fork" in name else b"MIB 40\nDONE\n"
    found = list(judged(TRIALS[name], outcome(said, cpu_s=cpu_s, peak=peak), attacked.scene))
    assert (not found) == held


def test_a_program_that_did_not_start_was_not_held(attacked):
    found = list(judged(TRIALS["fork_bomb 16"], outcome(b"", exit=127), attacked.scene))
    assert found == ["ended as exit (exit 127)"]
    assert end(outcome(b"")) == "stopped"
    assert end(outcome(b"", exit=None, signal=9, stopped=Stopped.WALL)) == "wall"


def test_output_beyond_the_limit_is_a_breach(attacked):
    long = outcome(b"y" * (SHORT.output + 100) + b"DONE\n")
    assert any("were kept" in b for b in judged(Attempt("fine"), long, attacked.scene))
