"""An attempt through the real box: a plain one is held, one whose program says that it succeeded is not."""

from dataclasses import replace

from veriloop.codejudge.selftest.attempts import SHORT, Attempt, numbers, said
from veriloop.codejudge.selftest.stages import claimed
from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.outcomes import Isolation, Mode


def test_a_program_that_does_nothing_is_held(attacked):
    assert Attempt("fine", ("done",)).make(attacked).held


def test_a_program_that_gets_what_it_wanted_is_not(attacked):
    seen = Attempt("is_empty {box}", ("done",)).make(attacked)
    assert set(seen.breaches) == {"hostile was left", "shadow.py was left"}


def test_the_run_after_it_is_looked_at_too(attacked):
    slow = Attempt("fine", ("done",), then="burn 150").make(attacked)
    assert len(slow.breaches) == 1
    assert slow.breaches[0].startswith("what ran after it was charged 0.1")
    gone = Attempt("fine", ("done",), then="no_such_program").make(attacked)
    assert "what ran after it ended as exit" in gone.breaches


def test_verdicts_are_the_judges(attacked):
    loop = Attempt("loop 5000", ("cpu",), replace(SHORT, cpu_s=0.1)).make(attacked)
    assert (loop.code, loop.held) == (Code.TLE, True)


def test_a_collected_file_is_compared(attacked):
    plain = Attempt("plant file {tmp}/out", ("done",), collect="out", collected=b"plain")
    assert plain.make(attacked).held
    assert not replace(plain, collected=b"other").make(attacked).held


def test_modes_are_ordered_by_strength():
    attempt = Attempt("fine", weakest=Mode.LANDLOCK_UID)
    assert [m for m in Mode if claimed(attempt, Isolation(m, "native"))] == list(Mode)[:3]


def test_a_protection_may_be_needed_beside_the_mode():
    attempt = Attempt("fine", needs="cgroup")
    assert claimed(attempt, Isolation(Mode.NAMESPACES, "native", ("seccomp", "cgroup2")))
    assert not claimed(attempt, Isolation(Mode.NAMESPACES, "native", ("seccomp",)))


def test_lines_of_a_program_are_read(attacked):
    with attacked.box() as box:
        outcome = box.run(["{box}/hostile", attacked.scene.tag, "burn", "20"], limits=SHORT)
    assert numbers(outcome, "CPU") == [20]
    assert said(outcome) == []
