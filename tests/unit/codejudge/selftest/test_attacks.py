"""Every attack is held, and every attempt succeeds once the defence is taken away: so the first can fail."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.codejudge.selftest.attempts import Attempt, Lift
from veriloop.codejudge.selftest.running import table
from veriloop.codejudge.selftest.stages import claimed

TABLE = table()
ATTEMPTS = [t for row in TABLE.values() for t in row.trials if isinstance(t, Attempt)]
LIFTED = [a for a in ATTEMPTS if a.lift.by != "nothing"]
NEEDS_A_ROUTE = "reach_outside"


def names(attempts):
    return [f"{a.name}{' proc' if a.proc else ''}" for a in attempts]


@pytest.mark.parametrize("number", [n for n in sorted(TABLE) if n not in (15, 17, 21, 26, 27)])
def test_an_attack_is_held(number, attacked):
    for trial in TABLE[number].trials:
        if claimed(trial, attacked.isolation):
            assert trial.make(attacked).breaches == (), trial.name


def all_powerful() -> bool:
    status = Path("/proc/self/status").read_text()
    return os.geteuid() == 0 and int(status.split("CapEff:")[1].split()[0], 16) >= 0x1FFFFFFFFFF


def lifted(attempt: Attempt) -> Attempt:
    """The attempt with the limit of its lift raised, or lowered where the limit is what helps the program."""
    limits, name, value = attempt.limits, attempt.lift.name, attempt.lift.value
    kept = value if name in ("cpu_s", "wall_s") else int(value)
    if name == "cpu_s":
        return replace(attempt, limits=replace(limits, cpu_s=value, wall_s=max(value, limits.wall)))
    return replace(attempt, limits=replace(limits, **{name: kept}))


@pytest.mark.parametrize("attempt", LIFTED, ids=names(LIFTED))
def test_an_attempt_succeeds_without_its_defence(attempt, attacked, weakened, unguarded):
    lift: Lift = attempt.lift
    if lift.by == "limits":
        assert lifted(attempt).make(attacked).breaches != ()
        return
    found = unguarded(attempt)
    if lift.by == "plain":
        if not found and lift.name == "root" and not all_powerful():
            pytest.skip("succeeds only for root with all capabilities")
        if not found and attempt.name == NEEDS_A_ROUTE:
            pytest.skip("this machine has no route to the outside")
        assert found
        return
    if not found:
        pytest.skip("this kernel does not offer what is attacked")
    assert attempt.make(weakened(lift.name)).breaches != ()


def test_all_numbers_of_the_threat_model_are_there():
    assert list(TABLE) == list(range(1, 28))
    assert all(row.trials and row.defence and row.success for row in TABLE.values())


def test_what_cannot_be_lifted_says_why():
    assert all(a.lift.why for a in ATTEMPTS if a.lift.by == "nothing")
    assert len(LIFTED) > len(ATTEMPTS) / 2


def test_rows_fit_the_table():
    assert max(len(row.name) for row in TABLE.values()) <= 24
    assert max(len(row.defence) for row in TABLE.values()) <= 26
