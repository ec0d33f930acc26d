"""Both conventions of special judges, by programs of our own that speak them: every exit code, and every bad ending."""

from pathlib import Path

import pytest

from veriloop.codejudge.checkers import TESTLIB_DEFINES, Checker
from veriloop.codejudge.problem import Test
from veriloop.codejudge.verdicts import Code

DATA = Path(__file__).parents[2] / "data" / "judge"
TEST = Test("1", b"the input", b"the answer", points=2.0)


@pytest.fixture(scope="module")
def testlib(build):
    source = (DATA / "exits.c").read_bytes()
    return Checker(build(source, "c", defines=TESTLIB_DEFINES, cpu_s=0.2, memory=64 << 20))


@pytest.fixture(scope="module")
def kattis(build):
    return Checker(build((DATA / "exits_kattis.py").read_bytes(), cpu_s=2.0), "kattis")


@pytest.mark.parametrize(
    ("output", "code", "score", "exit", "message"),
    [
        (b"0 ok 3 numbers", Code.AC, 1.0, 0, "ok 3 numbers"),
        (b"1 wrong answer 2nd", Code.WA, 0.0, 1, "wrong answer 2nd"),
        (b"2 wrong output format", Code.PE, 0.0, 2, "wrong output format"),
        (b"3 FAIL no answer", Code.JE, None, 3, "FAIL no answer"),
        (b"4 dirt", Code.PE, 0.0, 4, "dirt"),
        (b"7 points 0.5 half", Code.PC, 0.25, 7, "points 0.5 half"),
        (b"7 1.5", Code.PC, 0.75, 7, "1.5"),
        (b"7 points 2", Code.AC, 1.0, 7, "points 2"),
        (b"7 points 0", Code.WA, 0.0, 7, "points 0"),
        (b"7 points 3", Code.JE, None, 7, "3.0 points of 2.0"),
        (b"7 points nan", Code.JE, None, 7, "without saying how many"),
        (b"7 points", Code.JE, None, 7, "without saying how many"),
        (b"7 points 1_0", Code.JE, None, 7, "without saying how many"),
        (b"8 unexpected end of file", Code.PE, 0.0, 8, "unexpected end of file"),
        (b"-1 one per cent", Code.PC, 0.01, 51, "one per cent"),
        (b"-100 all", Code.AC, 1.0, 150, "all"),
        (b"-150 too much", Code.JE, None, 200, "150 points of 100"),
        (b"50 none", Code.WA, 0.0, 50, "none"),
        (b"5 what is that", Code.JE, None, 5, "code 5, which means nothing"),
        (b"42 another convention", Code.JE, None, 42, "means nothing"),
        (b"1000 abort", Code.JE, None, None, "killed by signal 6"),
        (b"1001 loop", Code.JE, None, None, "stopped by its cpu limit"),
        (b"1002 hog", Code.JE, None, None, ""),
        (b"", Code.PE, 0.0, 8, ""),
        (b"1 \x00\xff\x1b[2J" + b"\xf0" * 5000, Code.WA, 0.0, 1, ""),
    ],
)
def test_what_a_testlib_checker_says(testlib, box, output, code, score, exit, message):
    ruling = testlib.check(box, TEST, output=output)
    assert (ruling.code, ruling.score) == (code, score), ruling
    if code is not Code.JE or exit is not None:
        assert ruling.exit == exit
    assert message in ruling.message
    assert ruling.message.isprintable()


def test_an_output_may_lie_in_a_file_and_a_test_need_not_have_an_answer(
    testlib, build, box, tmp_path
):
    (tmp_path / "output").write_bytes(b"1 no")
    (tmp_path / "input").write_bytes(b"the input")
    test = Test("1", tmp_path / "input", TEST.answer)
    assert testlib.check(box, test, output=tmp_path / "output").code is Code.WA
    counts = build("import sys; sys.exit(len(open(sys.argv[3]).read()))")
    assert Checker(counts).check(box, Test("1", b"", None), output=b"").code is Code.AC


def test_arguments_go_after_the_conventions_own(build, box):
    shows = build("import sys; sys.stderr.write(' '.join(sys.argv[4:])); sys.exit(1)")
    checker = Checker(shows, "testlib", ("eps", "1e-6"))
    assert checker.check(box, TEST, output=b"").message == "eps 1e-6"


@pytest.mark.parametrize(
    ("output", "code", "score", "message"),
    [
        (b"42", Code.AC, 1.0, ""),
        (b"42|fine|", Code.AC, 1.0, "fine"),
        (b"42|half|1.0", Code.PC, 0.5, "half"),
        (b"42|all|2", Code.AC, 1.0, "all"),
        (b"42|more than all|5", Code.JE, None, "5.0 points of 2.0"),
        (b"42|odd|many", Code.JE, None, "score.txt holds no number: many"),
        (b"42|odd|nan", Code.JE, None, "nan points"),
        (b"43|line 3 is wrong|1.0", Code.WA, 0.0, "line 3 is wrong"),
        (b"0|not of this convention", Code.JE, None, "code 0, which means nothing"),
        (b"1", Code.JE, None, "code 1"),
        (b"nonsense", Code.JE, None, "ValueError"),
    ],
)
def test_what_an_output_validator_says(kattis, box, output, code, score, message):
    ruling = kattis.check(box, TEST, output=output)
    assert (ruling.code, ruling.score) == (code, score), ruling
    assert message in ruling.message


def test_a_checker_cannot_reach_out_of_its_box_and_leaves_nothing_behind(build, box):
    nosy = build(
        "import os, sys\n"
        "tmp = os.environ['TMPDIR']\n"
        "seen = os.listdir(tmp), os.path.exists(sys.argv[4])\n"
        "open(tmp + '/left', 'w').write('x')\n"
        "sys.stderr.write(repr(seen)); sys.exit(1)\n"
    )
    checker = Checker(nosy, arguments=(str(DATA),))
    for _ in range(2):
        assert checker.check(box, TEST, output=b"").message == "([], False)"
