"""Compilers in a box: what they make, what they refuse, what they may use, and what is kept.

The bombs of the spec's section 7 are trials of the selftest; here are the judge's own rules.
"""

import pytest

from veriloop.codejudge.artifacts import Artifacts
from veriloop.codejudge.compiling import MESSAGE_LIMIT, SOURCE_LIMIT, Compiler
from veriloop.codejudge.languages import LANGUAGES, folders, toolchain
from veriloop.codejudge.problem import JuryProgram
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.pool import Sandbox

ECHO = {
    "c": b'#include <stdio.h>\nint main(){int c;while((c=getchar())!=EOF)putchar(c);return 0;}',
    "go": b'package main\nimport ("io"; "os")\nfunc main(){io.Copy(os.Stdout, os.Stdin)}',
    "java": b"public class Echo { static class In {} public static void main(String[] a) throws Exception"
    b"{ System.in.transferTo(System.out); } }",
    "javascript": b"process.stdout.write(require('fs').readFileSync(0))",
    "perl": b"print while <STDIN>;",
    "php": b"<?php fpassthru(STDIN);",
    "pypy": b"import sys; sys.stdout.write(sys.stdin.read())",
    "python": b"import sys; sys.stdout.write(sys.stdin.read())",
    "ruby": b"IO.copy_stream(STDIN, STDOUT)",
    "rust": b"fn main(){std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()).unwrap();}",
    "cpp20": b"#include <cstdio>\n#include <compare>\nint main(){auto x = 1 <=> 2; (void)x;int c;"
    b"while((c=getchar())!=EOF)putchar(c);}",
    "cpp23": b"#include <cstdio>\nint main(){if consteval {return 1;} int c;while((c=getchar())!=EOF)putchar(c);}",
    "cpp17": b"#include <cstdio>\nint main(){if(int c;true)while((c=getchar())!=EOF)putchar(c);}",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.open(slots=1, binds=[(str(f), str(f)) for f in folders()]) as opened:
        yield opened


@pytest.mark.parametrize("key", sorted(LANGUAGES))
def test_each_language_compiles_and_runs(sandbox, key):
    if toolchain(key) is None:
        pytest.skip(f"{key} is not installed")
    compiler = Compiler()
    built = compiler.build(ECHO[key], key, lease=sandbox.lease)
    assert not built.refused, built.message
    ready = built.ready(Limits(cpu_s=5, memory=256 * MIB))
    with sandbox.lease() as box:
        box.load(ready.files)
        said = box.run(ready.argv, limits=ready.limits, stdin=b"1 2\n", env=ready.env)
    assert (said.exit, said.stdout, said.stderr) == (0, b"1 2\n", b"")
    again = compiler.build(ECHO[key], key, lease=lambda: pytest.fail("compiled twice"))
    assert (again.key, again.files, again.cpu_s) == (built.key, built.files, 0)


def refusal(sandbox, source: bytes, key: str = "c") -> str:
    built = Compiler().build(source, key, lease=sandbox.lease)
    assert built.refused
    assert built.files == {}
    return built.message


@pytest.mark.parametrize(
    ("key", "source", "word"),
    [
        ("c", b"int main(", "main.c:1"),
        ("c", b"", "main"),
        ("python", b"print(", "SyntaxError"),
        ("python", b"x = '\x00'", "null bytes"),
        ("javascript", b"let = ;", "SyntaxError"),
        ("java", b"class Main {}", "no class has a method"),
        ("perl", b"my $x = ;", "main.pl line 1"),
        ("php", b"<?php $x = ;", "main.php"),
        ("ruby", b"x = (", "main.rb:1"),
        ("rust", b"fn main() { missing }", "missing"),
        ("go", b"package main\nfunc main() { x }", "main.go"),
    ],
)
def test_a_refusal_says_where(sandbox, key, source, word):
    if toolchain(key) is None:
        pytest.skip(f"{key} is not installed")
    assert word in refusal(sandbox, source, key)


def test_bytes_of_any_kind_reach_the_compiler(sandbox):
    source = b'#include <stdio.h>\nint main(){/* \xff\xfe\x80 */puts("\xe9\xff");}\r\n'
    built = Compiler().build(source, "c", lease=sandbox.lease)
    with sandbox.lease() as box:
        box.load(built.files)
        assert box.run(["{box}/prog"], limits=Limits()).stdout == b"\xe9\xff\n"
    assert "null character" in refusal(sandbox, b"int main(){return \0 x;}")


def test_a_huge_source_costs_nothing():
    built = Compiler().build(b"x" * (50 << 20), "cpp17", lease=lambda: pytest.fail("leased"))
    assert built.refused
    assert str(SOURCE_LIMIT) in built.message


def test_a_flood_of_messages_is_cut(sandbox):
    flood = b'#include "main.c"\n' * 3 + b"#warning " + b"x" * 5000
    assert len(refusal(sandbox, flood)) <= MESSAGE_LIMIT + 200


def test_files_of_the_machine_are_not_there_to_include(sandbox):
    said = refusal(sandbox, b'#include "/etc/passwd"\nint main(){}')
    assert "No such file" in said or "Permission denied" in said
    assert "root:" not in said


def test_a_source_chooses_no_arguments(sandbox):
    for source in (b"-o/tmp/x", b"@/etc/passwd", b"--version"):
        refusal(sandbox, source)


def test_what_makes_a_program_makes_its_key(sandbox, tmp_path):
    compiler = Compiler(Artifacts(tmp_path))
    plain = compiler.build(b"int main(){return X;}", "c", lease=sandbox.lease, defines=("X=0",))
    other = compiler.build(b"int main(){return X;}", "c", lease=sandbox.lease, defines=("X=1",))
    beside = compiler.build(
        b"int main(){return X;}", "c", lease=sandbox.lease, defines=("X=0",), files={"a.h": b""}
    )
    assert len({plain.key, other.key, beside.key}) == 3
    anew = Compiler(Artifacts(tmp_path))
    kept = anew.build(b"int main(){return X;}", "c", lease=sandbox.lease, defines=("X=1",))
    assert (kept.key, kept.cpu_s) == (other.key, 0)


def test_a_jurys_program_is_compiled_with_its_headers(sandbox, tmp_path):
    source, header = tmp_path / "check.c", tmp_path / "jury.h"
    source.write_text('#include "jury.h"\nint main(){return VERDICT;}')
    header.write_text("#define VERDICT 42\n")
    program = JuryProgram(source, "c", files=(header,), cpu_s=3, memory=64 * MIB)
    ready = Compiler().build_jury(program, lease=sandbox.lease)
    with sandbox.lease() as box:
        box.load(ready.files)
        assert box.run(ready.argv, limits=ready.limits).exit == 42
    assert (ready.limits.cpu_s, ready.limits.memory) == (3, 64 * MIB)
    source.write_text("no program")
    with pytest.raises(InputError, match="does not compile"):
        Compiler().build_jury(program, lease=sandbox.lease)
    with pytest.raises(InputError, match="cannot be read"):
        Compiler().build_jury(JuryProgram(tmp_path / "gone.c", "c"), lease=sandbox.lease)


def test_limits_are_the_problems_and_what_the_runtime_takes_itself(sandbox):
    asked = Limits(cpu_s=1, memory=100 * MIB)
    c = Compiler().build(b"int main(){}", "c", lease=sandbox.lease).ready(asked)
    assert (c.limits.memory, c.limits.address_space, c.limits.processes) == (100 * MIB, True, 1)
    if toolchain("javascript"):
        js = Compiler().build(b"1", "javascript", lease=sandbox.lease).ready(asked)
        assert (js.limits.memory, js.limits.address_space) == (164 * MIB, False)
        assert js.limits.processes > 1
        assert "--max-old-space-size=100" in js.argv
        assert js.limits.stack == 100 * MIB


def test_a_language_without_its_programs_is_refused_by_name():
    missing = [key for key in LANGUAGES if toolchain(key) is None]
    for key in missing:
        with pytest.raises(InputError, match="not installed"):
            Compiler().build(b"", key, lease=lambda: pytest.fail("leased"))
    with pytest.raises(InputError, match="no language"):
        Compiler().build(b"", "cobol", lease=lambda: pytest.fail("leased"))
