"""The stamp that goes into results, and what counts as a clean end."""

from dataclasses import replace

from veriloop.sandbox.outcomes import Isolation, Mode, Outcome, Stopped

HELD = Isolation(Mode.NAMESPACES, "native", ("seccomp", "cgroup1"))
DONE = Outcome(0, None, 0.1, 0.2, 1 << 20, "rss", HELD)


def test_the_stamp_names_mode_launcher_and_protections():
    assert str(HELD) == "namespaces/native+seccomp+cgroup1"
    assert str(Isolation(Mode.NONE, "python")) == "none/python"
    assert eval(repr(HELD).replace("<Mode.NAMESPACES: 'namespaces'>", "Mode.NAMESPACES")) == HELD


def test_modes_go_from_strong_to_weak():
    """``protocol`` sends a mode by its place in this order."""
    assert [m.value for m in Mode] == [
        "namespaces", "root-namespaces", "landlock-uid", "landlock", "none",
    ]  # fmt: skip


def test_clean_is_status_0_inside_every_limit():
    assert DONE.clean
    assert not replace(DONE, exit=1).clean
    assert not replace(DONE, exit=None, signal=11).clean
    assert not any(replace(DONE, stopped=s).clean for s in Stopped)
