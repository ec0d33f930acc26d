"""Functions whose tests are code of their own language in the same process: HumanEval-XL beyond Python and JavaScript.

There a candidate answers from a process of its own (``functions``); here it stands before its tests in one program.
What it prints goes nowhere, and it has passed only where the program ends by itself and its last statement wrote a
word that no candidate was told: leaving early wins nothing. A candidate that goes looking for its tests in the
process is not kept from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from veriloop.codejudge.functions import MEMORY, TIME_S
from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.errors import InputError
from veriloop.ids import content_id

_JAVA_MAIN = re.compile(
    r"public\s+static\s+void\s+main\s*\(\s*String\s*(?:\[\]\s*\w+|\w+\s*\[\])\s*\)[^{]*\{"
)
_GO_MAIN = re.compile(r"^func\s+main\s*\(\s*\)\s*\{", re.MULTILINE)
_GO_IMPORTS = re.compile(
    r"^import\s*(?:\((?P<many>.*?)^\s*\)|(?P<one>[^\n(]+))\s*$", re.MULTILINE | re.DOTALL
)
_GO_PATH = re.compile(r'(?:(?P<name>[\w.]+)\s+)?"(?P<path>[^"]+)"')
_JAVA_IMPORT = re.compile(r"^[ \t]*import\s+[\w.*\s]+;[ \t]*\n?", re.MULTILINE)
# Data::Compare is no part of Perl: plain data, compared as that module does.
_PERL_COMPARE = """BEGIN { $INC{'Data/Compare.pm'} = 1; }
package Data::Compare;
sub import { no strict 'refs'; *{caller() . '::Compare'} = \\&Compare; }
sub Compare {
  my ($x, $y) = @_;
  return !defined($x) && !defined($y) ? 1 : 0 if !defined($x) || !defined($y);
  return ref($x) || ref($y) ? 0 : $x eq $y ? 1 : 0 if !ref($x) || !ref($y);
  return 0 if ref($x) ne ref($y);
  if (ref($x) eq 'ARRAY') {
    return 0 if @$x != @$y;
    for my $i (0 .. $#$x) { return 0 if !Compare($x->[$i], $y->[$i]); }
    return 1;
  }
  if (ref($x) eq 'HASH') {
    return 0 if keys(%$x) != keys(%$y);
    for my $k (keys %$x) { return 0 if !exists($y->{$k}) || !Compare($x->{$k}, $y->{$k}); }
    return 1;
  }
  return ref($x) eq 'SCALAR' || ref($x) eq 'REF' ? Compare($$x, $$y) : $x == $y ? 1 : 0;
}
package main;
"""  # fmt: skip


@final
@dataclass(frozen=True)
class Harness:
    """``whole`` makes a candidate that stands alone of what a model wrote and of the code that it was shown; ``join``
    puts it before its tests, with the word that the last statement writes.
    """

    whole: Callable[[str, str, str], str]
    join: Callable[[str, str, str], str]


def _java_whole(code: str, prompt: str, tests: str) -> str:
    """Behind the prompt's imports; in the prompt's class where the code has only the method."""
    imports = "".join(_JAVA_IMPORT.findall(prompt))
    named = re.search(r"^\s*(?:public\s+)?(?:final\s+)?class\s+(\w+)", prompt, re.MULTILINE)
    own = _JAVA_IMPORT.findall(code)
    bare = _JAVA_IMPORT.sub("", code)
    bare = re.sub(r"^(\s*)public\s+((?:final\s+|abstract\s+)*class\s)", r"\1\2", bare, flags=re.M)
    bare = _without_class(bare, "Main")
    if named and not re.search(rf"\bclass\s+{named[1]}\b", bare):
        bare = f"class {named[1]} {{\n{bare}\n}}\n"
    return f"{imports}{''.join(own)}\n{bare}\n"


def _without_class(code: str, name: str) -> str:
    """The code without a class of this name: a model's own main would stand in the way of the tests'."""
    found = re.search(rf"^\s*(?:final\s+)?class\s+{name}\b[^{{]*\{{", code, re.MULTILINE)
    if found is None:
        return code
    depth, at = 1, found.end()
    while at < len(code) and depth:
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        at += 1
    return code[: found.start()] + code[at:]


def _java_join(code: str, tests: str, word: str) -> str:
    ours = (
        "public static void main(String[] args) throws Exception {\n"
        "java.io.PrintStream shown = System.out;\n"
        "System.setOut(new java.io.PrintStream(java.io.OutputStream.nullOutputStream()));\n"
        f'asserted(args);\nshown.println("{word}");\nshown.flush();\n}}\n'
        "public static void asserted(String[] args) throws Exception {"
    )
    found = list(_JAVA_MAIN.finditer(tests))
    if not found:
        raise InputError("the tests have no method main", field="test")
    start, end = found[-1].span()
    return f"{code}\n{tests[:start]}{ours}{tests[end:]}"


def _go_whole(code: str, prompt: str, tests: str) -> str:
    """One file: imports of the prompt that are used and those of the code, once each; no main of the model's own."""
    imports: dict[str, str] = {}
    for source in (prompt, code):
        for block in _GO_IMPORTS.finditer(source):
            for one in _GO_PATH.finditer(block["many"] or block["one"] or ""):
                imports.setdefault(one["path"], one["name"] or "")
    body = _GO_IMPORTS.sub("", re.sub(r"^package\s+\w+\s*$", "", code, flags=re.MULTILINE))
    main = _GO_MAIN.search(body)
    body = body[: main.start()] if main else body
    own = {m["path"] for b in _GO_IMPORTS.finditer(code) for m in _GO_PATH.finditer(b.group())}
    used = {
        path: name
        for path, name in imports.items()
        if path in own or re.search(rf"\b{re.escape(name or path.rsplit('/', 1)[-1])}\.", body + tests)
    }  # fmt: skip
    shown = "".join(f'import {name} "{path}"\n'.replace("  ", " ") for path, name in used.items())
    return f"package main\n{shown}\n{body}\n"


def _go_join(code: str, tests: str, word: str) -> str:
    if not _GO_MAIN.search(tests):
        raise InputError("the tests have no function main", field="test")
    code = re.sub(r"^\s*package\s+main", 'package main\nimport shownOS "os"', code, count=1)
    ours = (
        "func main() {\n\tshown := shownOS.Stdout\n"
        '\tshownOS.Stdout, _ = shownOS.Open("/dev/null")\n'
        f'\tasserted()\n\tshown.WriteString("{word}\\n")\n}}\n\nfunc asserted() {{'
    )
    return f"{code}\n{_GO_MAIN.sub(lambda _: ours, tests, count=1)}\n"


def _php_whole(code: str, prompt: str, tests: str) -> str:
    bare = re.sub(r"\?>\s*$", "", code)
    return bare if "<?php" in bare else f"<?php\n{bare}"


def _php_join(code: str, tests: str, word: str) -> str:
    silent = "<?php ob_start(function ($said) { return ''; });\n"
    head, _, rest = code.partition("<?php")
    return f"{head}{silent}{rest}\n{tests}\nob_end_clean();\nfwrite(STDOUT, '{word}' . \"\\n\");\n"


def _perl_join(code: str, tests: str, word: str) -> str:
    silent = "open(my $shown, '>&', \\*STDOUT); open(STDOUT, '>', '/dev/null');\n"
    return f'{_PERL_COMPARE}{silent}{code}\n{tests}\nprint {{$shown}} "{word}\\n";\n'


def _ruby_join(code: str, tests: str, word: str) -> str:
    silent = "shown = STDOUT.dup; STDOUT.reopen(File::NULL, 'w')\n"
    return f"{silent}{code}\n{tests}\nshown.puts '{word}'\n"


def _as_is(code: str, prompt: str, tests: str) -> str:
    return code


HARNESSES: Mapping[str, Harness] = {
    "go": Harness(_go_whole, _go_join),
    "java": Harness(_java_whole, _java_join),
    "perl": Harness(_as_is, _perl_join),
    "php": Harness(_php_whole, _php_join),
    "ruby": Harness(_as_is, _ruby_join),
}
"""Language -> how a candidate and its tests become one program."""


def asserting(name: str, tests: str, language: str) -> JudgedProblem:
    """A problem that ``with_tests(code, tests, language)`` is judged by."""
    _harness(language)
    answer = f"{_word(tests)}\n".encode()
    return JudgedProblem(name, (Test("tests", b"", answer),), TIME_S, MEMORY)


def whole(code: str, prompt: str, tests: str, *, language: str) -> str:
    """A candidate that stands alone: with the imports, and the class, of the prompt where it lacks them."""
    return _harness(language).whole(code, prompt, tests)


def with_tests(code: str, tests: str, language: str, *, name: str = "") -> Submission:
    """The program of a candidate that stands alone and of its tests. Raises InputError on tests without an entry."""
    program = _harness(language).join(code, tests, _word(tests))
    return Submission(program.encode("utf-8", "surrogatepass"), language, name)


def _harness(language: str) -> Harness:
    if language not in HARNESSES:
        raise InputError(
            f"functions with tests can be judged in javascript, python, {', '.join(HARNESSES)}, not in {language!r}",
            field="language",
        )
    return HARNESSES[language]


def _word(tests: str) -> str:
    return f"passed-{content_id('asserting', tests)}"
