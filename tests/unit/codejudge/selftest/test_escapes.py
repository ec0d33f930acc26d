"""The rows of escape: each system call of the table is known to the program, and nothing of the machine is at risk."""

import re

from veriloop.codejudge.selftest.attempts import SHORT
from veriloop.codejudge.selftest.escapes import ESCAPES
from veriloop.codejudge.selftest.stages import PROGRAMS
from veriloop.sandbox import seccomp

CALLS = {t.name.split()[1] for row in ESCAPES for t in row.trials if t.name.startswith("call ")}


def test_every_call_is_in_the_program():
    known = set(
        re.findall(
            r'\{"(\w+)", SYS_|\{"(\w+)", \d|\{"(\w+)", [A-Z]', (PROGRAMS / "kernel.c").read_text()
        )
    )
    assert {next(filter(None, names)) for names in known} >= CALLS


def test_most_calls_that_the_filter_kills_are_tried():
    tried = {name.removesuffix("_user").removesuffix("_mount") for name in CALLS}
    assert len(tried & {*seccomp.KILL, *seccomp.REFUSE}) >= 25


def test_a_call_that_is_not_there_is_a_breach(attacked):
    with attacked.box() as box:
        outcome = box.run(["{box}/hostile", attacked.scene.tag, "call", "nosuch"], limits=SHORT)
    assert b"BREACH no such call" in outcome.stdout
