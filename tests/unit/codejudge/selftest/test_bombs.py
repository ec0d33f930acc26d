"""Compile bombs end as compile errors; with more room they take more, and a plain compiler gives out the secret."""

import subprocess
from dataclasses import replace

import pytest

from veriloop.codejudge.selftest.bombs import BOMBS, CAP, Bomb, build
from veriloop.codejudge.selftest.stages import PROGRAMS
from veriloop.sandbox.limits import MIB


@pytest.mark.parametrize("bomb", BOMBS, ids=[b.name for b in BOMBS])
def test_a_bomb_is_held_and_by_a_limit_where_it_grows(bomb, attacked):
    seen = bomb.make(attacked)
    assert seen.breaches == ()
    if bomb.grows and seen.cpu_s:
        cap = replace(CAP, cpu_s=0.05)
        _, small = build(attacked, bomb.source(attacked), bomb.language, cap=cap)
        assert small is not None
        assert small.cpu_s < seen.cpu_s


def test_a_zero_file_fills_the_memory_that_there_is(attacked):
    bomb = Bomb("bomb_zero.c")
    _, small = build(attacked, bomb.source(attacked), "c", cap=replace(CAP, memory=100 * MIB))
    _, large = build(attacked, bomb.source(attacked), "c", cap=replace(CAP, memory=200 * MIB))
    assert small is not None
    assert large is not None
    assert small.peak < 120 * MIB < large.peak


@pytest.mark.parametrize("name", ["bomb_include.c", "bomb_incbin.c"])
def test_a_plain_compiler_gives_out_the_secret(name, attacked, tmp_path):
    source = tmp_path / "main.c"
    source.write_bytes(Bomb(name).source(attacked))
    program = tmp_path / "prog"
    done = subprocess.run(
        ["gcc", "-o", program, source], capture_output=True, timeout=60, text=True
    )
    got = program.read_bytes() if program.exists() else done.stderr.encode()
    assert attacked.scene.secret.encode() in got


def test_every_bomb_is_tried():
    files = {p.name for p in PROGRAMS.glob("bomb_*")}
    assert files == {b.file for b in BOMBS}


def test_a_source_that_is_no_bomb_compiles(attacked):
    built, outcome = build(attacked, b"int main(void) { return 0; }\n", "c")
    assert not built.refused
    assert outcome is not None
    assert outcome.clean
