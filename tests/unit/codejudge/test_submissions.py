"""A package's own submissions: what each must get, and a package verified by the judge itself."""

from pathlib import Path

import pytest

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.submissions import FOLDERS, RESULTS, Expected, expected, verify_package
from veriloop.codejudge.verdicts import Code, Report
from veriloop.errors import InputError


def package(root, **files):
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data)
    return root


def report(code, score=0.0):
    return Report("p", "c", code, score)


def test_folders_say_verdicts(tmp_path):
    said = []
    names = [
        "accepted/a.py",
        "wrong_answer/b.c",
        "time_limit_exceeded/c.cpp",
        "odd/d.py",
        "accepted/e.xyz",
    ]
    files = {f"submissions/{name}": "x" for name in [*names, "accepted/several/f.py"]}
    found = expected(package(tmp_path, **files), said=said.append)
    assert [(e.name, e.language, set(e.codes)) for e in found] == [
        ("accepted/a.py", "python", {Code.AC}),
        ("time_limit_exceeded/c.cpp", "cpp17", {Code.TLE, Code.ILE}),
        ("wrong_answer/b.c", "c", {Code.WA, Code.PE}),
    ]
    assert len(said) == 3  # an unknown folder, an unknown language, several files: each is told


def test_the_source_itself_goes_before_its_folder(tmp_path):
    source = "# @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT\nprint(1)\n"
    root = package(tmp_path, **{"submissions/mixed/a.py": source})
    (one,) = expected(root, said=pytest.fail)
    assert one.codes == RESULTS["WRONG-ANSWER"] | RESULTS["TIMELIMIT"]
    package(root, **{"submissions/mixed/a.py": "# @EXPECTED_RESULTS@: FINE"})
    with pytest.raises(InputError, match=r"a.py, field '@EXPECTED_RESULTS@': .*'FINE'"):
        expected(root)


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_a_judge_error_meets_no_expectation(folder):
    assert Code.JE not in FOLDERS[folder]
    assert Code.SK not in FOLDERS[folder]
    assert (Code.AC in FOLDERS[folder]) == (folder in ("accepted", "brute_force"))


def test_a_partial_score_is_neither_none_nor_all():
    one = Expected("p", Path("a.py"), "python", FOLDERS["partially_accepted"], partial=True)
    assert one.met(report(Code.WA, 0.5))
    assert not one.met(report(Code.WA, 0.0))
    assert not one.met(report(Code.AC, 1.0))
    assert not one.met(report(Code.WA, None))


def test_a_package_without_submissions_cannot_be_verified(tmp_path):
    with pytest.raises(InputError, match="submissions: there are no submissions to verify"):
        expected(tmp_path)


def test_submissions_are_not_read_through_links(tmp_path):
    root = package(tmp_path / "p", **{"submissions/accepted/a.py": "x"})
    (root / "submissions/accepted/b.py").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"'submissions/accepted/b.py' is a link out of"):
        expected(root)


VALIDATOR = """
#include <stdio.h>
int main(int argc, char **argv) {  /* any divisor of the input between its ends is right */
    long n, x;
    FILE *in = fopen(argv[1], "r");
    if (!in || fscanf(in, "%ld", &n) != 1) return 1;
    if (scanf("%ld", &x) != 1 || x < 2 || x >= n || n % x) return 43;
    return 42;
}
"""
READ = '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); '


def test_a_package_is_verified_by_what_its_programs_get(tmp_path):
    """One program a verdict; the misplaced one is the row that is not met."""
    programs = {
        "accepted/small.c": READ
        + 'for (long d = 2;; d++) if (n % d == 0) return !printf("%ld", d); }',
        "accepted/misplaced.c": READ + 'printf("%ld", n); return 0; }',
        "wrong_answer/itself.c": READ + 'printf("%ld", n); return 0; }',
        "run_time_error/exits.c": READ + "return 3; }",
        "partially_accepted/two.c": READ + 'printf("2"); return 0; }',
        "time_limit_exceeded/turns.c": "int main(void) { for (volatile long i = 0;; i++) {} }",
        "compiler_error/broken.c": "int main(void) { return x; }",
    }
    tests = {
        "data/sample/1.in": "15",
        "data/sample/1.ans": "3",
        "data/secret/1.in": "12",
        "data/secret/1.ans": "6",
    }
    root = package(
        tmp_path / "divisors",
        **{f"submissions/{name}": source for name, source in programs.items()},
        **tests,
        **{"problem.yaml": "validation: custom", ".timelimit": "0.1", "output_validators/v.c": VALIDATOR},
    )  # fmt: skip
    with CodeJudge.open(untrusted=False, cache=tmp_path / "cache") as judge:
        rows = list(verify_package(judge, root, said=pytest.fail))
    assert {row.name: (row.got, row.met) for row in rows} == {
        "accepted/misplaced.c": (Code.WA, False),
        "accepted/small.c": (Code.AC, True),
        "compiler_error/broken.c": (Code.CE, True),
        "partially_accepted/two.c": (Code.WA, True),
        "run_time_error/exits.c": (Code.RE, True),
        "time_limit_exceeded/turns.c": (Code.TLE, True),
        "wrong_answer/itself.c": (Code.WA, True),
    }
