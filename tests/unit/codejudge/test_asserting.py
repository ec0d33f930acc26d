"""A candidate and its tests in one program: what passes has reached the end, and nothing else has."""

import pytest

from veriloop.codejudge.asserting import HARNESSES, asserting, whole, with_tests
from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

# Prompts and tests in the shape of HumanEval-XL's rows, written for this test: the sum of a list.
PROMPTS = {
    "go": "package main\n\nimport (\n\t\"encoding/json\"\n\t\"reflect\"\n\t\"strings\"\n)\n"
    "func total (xs []int) int {\n",
    "java": "import java.util.*;\n\n\nclass Total {\n    public static Integer total(List<Integer> xs) {\n",
    "perl": "sub total {\n  my ($xs) = @_;\n",
    "php": "<?php\n\nfunction total($xs){\n",
    "ruby": "def total(xs)\n",
}  # fmt: skip
TESTS = {
    "go": "\nfunc same(a interface{}, b interface{}) {\n\tx, _ := json.Marshal(a)\n\ty, _ := json.Marshal(b)\n"
    '\tif !reflect.DeepEqual(x, y) {\n\t\tpanic("differs")\n\t}\n}\n\n'
    "func main() {\n\tsame(total([]int{1, 2}), 3)\n\tsame(total([]int{}), 0)\n}\n",
    "java": "class Main {\n  public static void main(String[] args) throws Exception {\n"
    "    if (!Integer.valueOf(3).equals(Total.total(Arrays.asList(1, 2)))) throw new Exception();\n"
    "    if (!Integer.valueOf(0).equals(Total.total(Arrays.asList()))) throw new Exception();\n  }\n}\n",
    "perl": "use Data::Compare;\nunless(Compare(total([1, 2]), 3)) { die; }\n"
    "unless(Compare([{'a' => [total([])]}], [{'a' => [0]}])) { die; }\nif(Compare([1], [1, 2])) { die; }\n",
    "php": 'if (!(total([1, 2]) == 3)) { throw new Exception("1"); }\n'
    'if (!(total([]) == 0)) { throw new Exception("2"); }\n',
    "ruby": "raise StandardError if total([1, 2]) != 3\nraise StandardError if total([]) != 0\n",
}
RIGHT = {
    "go": 'package main\nimport "fmt"\nfunc total(xs []int) int {\n\tn := 0\n'
    "\tfor _, x := range xs {\n\t\tn += x\n\t}\n"
    "\tfmt.Println(n)\n\treturn n\n}\nfunc main() { total(nil) }\n",
    "java": "public class Total {\n  public static Integer total(List<Integer> xs) {\n    int n = 0;\n"
    "    for (int x : xs) n += x;\n    System.out.println(n);\n    return n;\n  }\n}\n"
    "class Main { public static void main(String[] a) { Total.total(null); } }\n",
    "perl": "sub total { my ($xs) = @_; my $n = 0; $n += $_ for @$xs; print $n; return $n; }",
    "php": "function total($xs) { echo 'n'; return array_sum($xs); }",
    "ruby": "def total(xs)\n  puts 1\n  xs.sum\nend\n",
}
LEAVES = {
    "go": 'package main\nimport "os"\nfunc total(xs []int) int { os.Exit(0); return 3 }\n',
    "java": "class Total { static Integer total(List<Integer> xs) { System.exit(0); return 3; } }",
    "perl": "sub total { exit 0; }",
    "php": "function total($xs) { exit(0); }",
    "ruby": "def total(xs)\n  exit 0\nend\n",
}
INSTALLED = [name for name in sorted(HARNESSES) if toolchain(name) is not None]


@pytest.fixture(scope="module")
def judge():
    with CodeJudge.open() as opened:
        yield opened


def verdict(judge, language, code):
    problem = asserting("total", TESTS[language], language)
    program = with_tests(
        whole(code, PROMPTS[language], TESTS[language], language=language),
        TESTS[language],
        language,
    )
    return judge.judge(problem, program).code


@pytest.mark.parametrize("language", sorted(HARNESSES))
def test_right_passes_wrong_fails_and_leaving_early_wins_nothing(judge, language):
    if language not in INSTALLED:
        pytest.skip(f"{language} is not installed")
    assert verdict(judge, language, RIGHT[language]) is Code.AC
    assert verdict(judge, language, LEAVES[language]) is Code.WA
    wrong = RIGHT[language].replace("+= x", "-= x").replace("+= $_", "-= $_")
    wrong = wrong.replace("array_sum", "count").replace("xs.sum", "xs.size")
    assert wrong != RIGHT[language]
    assert verdict(judge, language, wrong) is Code.RE


def test_a_method_alone_gets_its_class_and_imports_of_go_stand_once():
    method = "static Integer total(List<Integer> xs) { return 0; }"
    made = whole(method, PROMPTS["java"], TESTS["java"], language="java")
    assert made.count("class Total") == made.count("import java.util.*;") == 1
    go = whole('package main\nimport "reflect"\nfunc total(xs []int) int { return 0 }', PROMPTS["go"], TESTS["go"],
               language="go")  # fmt: skip
    assert go.count('"reflect"') == go.count('"encoding/json"') == 1
    assert '"strings"' not in go  # Go refuses what nobody uses
    assert go.count("package main") == 1


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(InputError, match="not in 'cobol'"):
        asserting("x", "", "cobol")
    with pytest.raises(InputError, match="no method main"):
        with_tests("class A {}", "class Main {}", "java")
    with pytest.raises(InputError, match="no function main"):
        with_tests("package main", "", "go")
