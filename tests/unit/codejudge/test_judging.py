"""The judge on real programs in real boxes: every verdict, in every language that is here, alone and in crowds."""

import asyncio
import threading
from dataclasses import replace

import pytest

from veriloop.codejudge.judging import CodeJudge, checked
from veriloop.codejudge.languages import LANGUAGES, toolchain
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission, Test
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError, SandboxError
from veriloop.sandbox.limits import MIB

SUM = JudgedProblem(
    "sum",
    tuple(Test(str(n), f"{n} {n}\n".encode(), f"{2 * n}\n".encode()) for n in (1, 3, 4, 5)),
    time_s=0.3,
    memory=64 * MIB,
)
C = b"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
int main(){int a,b;scanf("%d%d",&a,&b);"""
RIGHT = C + b'printf("%d\\n",a+b);}'


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    with CodeJudge.open(2, cache=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


def verdicts(judge, source: bytes, problem=SUM, *, key="c", all_tests=False):
    report = judge.judge(problem, Submission(source, key), stop_at_first=not all_tests)
    return "".join(f"{t.code} " for t in report.tests).split(), report


# What one program does when it is given this number twice, with the verdict and a part of its message.
ENDINGS = {
    2: ('printf("%d\\n",a+b);', Code.AC, ""),
    3: ('printf("  %d  \\n\\n",a+b);', Code.AC, ""),
    4: ('puts("2");', Code.WA, "'2'"),
    5: ("", Code.WA, ""),
    6: ("abort();", Code.RE, "SIGABRT"),
    7: ('printf("%d\\n",a+b);return 3;', Code.RE, "exit code 3"),
    8: ("for(;;);", Code.TLE, "the limit is 0.3 s"),
    9: ('for(;;)puts("floods and floods and floods of output");', Code.OLE, "more output"),
    10: ("for(;;){char*p=malloc(1<<20);if(!p)abort();for(int i=0;i<1<<20;i+=4096)p[i]=1;}", Code.MLE, "MiB"),
    11: ("socket(16,3,0);", Code.SV, "not allowed"),
    12: ("char*p=0;*(volatile char*)p=1;", Code.RE, "SIGSEGV"),
}  # fmt: skip
ENDS = "".join(f"if(a=={n}){{{body}}}" for n, (body, _, _) in ENDINGS.items())


@pytest.mark.parametrize("number", ENDINGS)
def test_each_verdict_with_its_reason(judge, number):
    _, code, message = ENDINGS[number]
    test = Test("1", b"%d %d\n" % (number, number), b"%d\n" % (2 * number))
    codes, report = verdicts(
        judge, C + ENDS.encode() + b"}", replace(SUM, tests=(test, replace(test, name="2")))
    )
    assert (codes[0], report.code) == (code, code)
    assert message in report.tests[0].message
    assert report.isolation is not None
    assert {t.isolation for t in report.tests if t.code is not Code.SK} == {str(report.isolation)}
    assert codes[1] == ("AC" if code is Code.AC else "SK")
    assert report.score == (1.0 if code is Code.AC else None)


def test_idleness_is_not_slowness(judge):
    quick = JudgedProblem("idle", SUM.tests[:1], time_s=0.1)
    codes, report = verdicts(judge, C + b"pause();}", quick)
    assert codes == ["ILE"]
    assert report.tests[0].cpu_s < 0.05
    assert report.tests[0].wall_s >= 1.2  # 2 T + 1


def test_a_refusal_of_the_compiler_is_the_verdict_of_the_submission(judge):
    codes, report = verdicts(judge, b"int main(")
    assert (codes, report.code, report.score) == ([], Code.CE, 0.0)
    assert "main.c:1" in report.compile_message
    codes, report = verdicts(judge, b"x" * (50 << 20))
    assert (codes, report.code) == ([], Code.CE)
    assert "262144" in report.compile_message


def test_all_tests_are_run_when_asked_and_the_score_is_their_share(judge):
    wrong_on_three = C + b'printf("%d\\n",a==3?0:a+b);}'
    codes, report = verdicts(judge, wrong_on_three)
    assert codes == ["AC", "WA", "SK", "SK"]
    assert (report.code, report.score) == (Code.WA, None)
    codes, report = verdicts(judge, wrong_on_three, all_tests=True)
    assert codes == ["AC", "WA", "AC", "AC"]
    assert (report.code, report.score) == (Code.WA, 0.75)
    assert report.failed is not None
    assert report.failed.test == "3"


# Right on the test that begins with 1, a crash on 3, all memory on 4, no end on 5.
SEVERAL = {
    "python": b"""
a, b = map(int, input().split())
if a == 1: print(a + b)
elif a == 3: raise ValueError('boom')
elif a == 4:
    kept = []
    while 1: kept.append(bytearray(1 << 20))
else:
    while 1: pass
""",
    "javascript": b"""
const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);
if (a == 1) console.log(a + b);
else if (a == 3) throw new Error('boom');
else if (a == 4) { const kept = []; for (;;) kept.push(new Array(1 << 17).fill(1.5)); }
else for (;;);
""",
    "java": b"""
import java.util.*;
class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int a = in.nextInt(), b = in.nextInt();
        if (a == 1) System.out.println(a + b);
        else if (a == 3) throw new RuntimeException("boom");
        else if (a == 4) { List<int[]> kept = new ArrayList<>(); for (;;) kept.add(new int[1 << 18]); }
        else for (;;);
    }
}
""",
    "rust": b"""
fn main() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let v: Vec<i64> = line.split_whitespace().map(|x| x.parse().unwrap()).collect();
    match v[0] {
        1 => println!("{}", v[0] + v[1]),
        3 => panic!("boom"),
        4 => { let mut kept = vec![]; loop { kept.push(vec![1u8; 1 << 20]); } }
        _ => loop { std::hint::black_box(0); },
    }
}
""",
    "go": b"""
package main
import "fmt"
func main() {
    var a, b int
    fmt.Scan(&a, &b)
    switch a {
    case 1: fmt.Println(a + b)
    case 3: panic("boom")
    case 4:
        kept := [][]byte{}
        for { x := make([]byte, 1 << 20); for i := range x { x[i] = 1 }; kept = append(kept, x) }
    default: for {}
    }
}
""",
}
SEVERAL["pypy"] = SEVERAL["python"].replace(b"bytearray(1 << 20)", b"bytearray(b'x' * (1 << 20))")


@pytest.mark.parametrize("key", ["python", "pypy", "javascript", "java", "rust", "go"])
def test_the_verdicts_of_each_runtime(judge, key):
    if toolchain(key) is None:
        pytest.skip(f"{key} is not installed")
    quick = JudgedProblem("sum", SUM.tests, time_s=0.3, memory=96 * MIB)
    codes, report = verdicts(judge, SEVERAL[key], quick, key=key, all_tests=True)
    assert codes == ["AC", "RE", "MLE", "TLE"], report
    assert "boom" in report.tests[1].message


DEEP = {
    "c": b"int f(int n){volatile char pad[900];pad[0]=n;return n?1+f(n-1)+(pad[0]&0):0;}\n" + C
    + b'printf("%d\\n",f(100000)-100000+a+b);}',
    "python": b"""
import sys, threading
sys.setrecursionlimit(1 << 20)
threading.stack_size(1 << 28)
def f(n): return 1 + f(n - 1) if n else 0
def main():
    a, b = map(int, input().split())
    print(f(30000) - 30000 + a + b)
thread = threading.Thread(target=main)
thread.start()
thread.join()
""",
    "java": b"""
import java.util.*;
public class Main implements Runnable {
    static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); }
    public void run() {
        Scanner in = new Scanner(System.in);
        System.out.println(f(100000) - 100000 + in.nextInt() + in.nextInt());
    }
    public static void main(String[] args) throws Exception {
        Thread thread = new Thread(null, new Main(), "deep", 1 << 28);
        thread.start();
        thread.join();
    }
}
""",
    "javascript": b"""
const f = n => n ? 1 + f(n - 1) : 0;
const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);
console.log(f(100000) - 100000 + a + b);
""",
    "rust": b"""
fn f(n: u64) -> u64 { if std::hint::black_box(n) == 0 { 0 } else { 1 + f(n - 1) } }
fn main() {
    std::thread::Builder::new().stack_size(1 << 28).spawn(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let sum: u64 = line.split_whitespace().map(|x| x.parse::<u64>().unwrap()).sum();
        println!("{}", f(100000) - 100000 + sum);
    }).unwrap().join().unwrap();
}
""",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(DEEP))
def test_deep_recursion_is_no_crash(judge, key):
    """Stacks are bounded by the memory limit, not by 8 MiB (judge spec, section 4)."""
    if toolchain(key) is None:
        pytest.skip(f"{key} is not installed")
    problem = JudgedProblem("deep", SUM.tests[:1], memory=256 * MIB)
    codes, report = verdicts(judge, DEEP[key], problem, key=key)
    assert codes == ["AC"], report


def test_many_at_once_come_back_in_order_and_equal_sources_are_judged_once(judge):
    bodies = [b'printf("%d\\n",a+b);}', b'printf("0\\n");}', b"abort();}", b"x"]
    expected = [Code.AC, Code.WA, Code.RE, Code.CE]
    pairs = [(SUM, Submission(C + bodies[i % 4], "c", str(i))) for i in range(40)]
    reports = list(judge.judge_all(iter(pairs)))
    assert [r.code for r in reports] == expected * 10
    assert len({id(r) for r in reports}) == 4


def test_it_can_be_left_before_the_end_and_used_from_many_threads_and_from_asyncio(judge):
    endless = ((SUM, Submission(RIGHT + b"//%d" % i, "c")) for i in range(10**9))
    stream = judge.judge_all(endless)
    assert next(stream).accepted
    stream.close()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(judge.judge(SUM, Submission(RIGHT, "c"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.code for r in found] == [Code.AC] * 8

    async def several():
        one = asyncio.to_thread(judge.judge, SUM, Submission(RIGHT, "c"))
        return await asyncio.gather(one, asyncio.to_thread(judge.judge, SUM, Submission(b"x", "c")))

    assert [r.code for r in asyncio.run(several())] == [Code.AC, Code.CE]


def test_what_is_our_fault_is_never_the_submissions(judge, tmp_path):
    gone = JudgedProblem("gone", (Test("1", tmp_path / "gone.in", b""),))
    codes, report = verdicts(judge, RIGHT, gone)
    assert (codes, report.code, report.score) == (["JE"], Code.JE, None)
    assert "gone.in" in report.tests[0].message
    unread = JudgedProblem("unread", (Test("1", b"1 1", tmp_path / "gone.ans"),))
    assert verdicts(judge, RIGHT, unread)[1].code is Code.JE
    check = tmp_path / "ok.c"
    check.write_text("int main(){return 0;}")
    odd = JuryProgram(check, "c", arguments=("an argument with \0",))
    assert verdicts(judge, RIGHT, JudgedProblem("odd", SUM.tests, checker=odd))[1].code is Code.JE
    crashing = tmp_path / "check.c"
    crashing.write_text("#include <stdlib.h>\nint main(){abort();}")
    special = JudgedProblem("special", SUM.tests, checker=JuryProgram(crashing, "c"))
    codes, report = verdicts(judge, RIGHT, special)
    assert (codes[0], report.code) == ("JE", Code.JE)
    crashing.write_text("no program")
    broken = JudgedProblem("special", SUM.tests, checker=JuryProgram(crashing, "c"))
    codes, report = verdicts(judge, RIGHT, broken)
    assert (report.code, report.score) == (Code.JE, None)
    assert "check.c" in report.compile_message
    for key in LANGUAGES:
        if toolchain(key) is None:
            assert verdicts(judge, b"", key=key)[1].code is Code.JE


def test_a_checker_decides_and_a_submission_that_failed_never_reaches_it(judge, tmp_path):
    check = tmp_path / "check.c"
    check.write_text(
        '#include <stdio.h>\nint main(int c,char**v){int x;FILE*f=fopen(v[2],"r");'
        'if(!f||fscanf(f,"%d",&x)!=1){fprintf(stderr,"no number");return 2;}'
        'fprintf(stderr,"saw %d",x);return x%2?1:x==8?52:0;}'
    )
    special = JudgedProblem("special", SUM.tests, checker=JuryProgram(check, "c"))
    codes, report = verdicts(judge, RIGHT, special, all_tests=True)
    assert codes == ["AC", "AC", "PC", "AC"]
    assert report.tests[0].message == "saw 2"
    assert report.score == pytest.approx((3 + 0.02) / 4)
    codes, report = verdicts(judge, C + b'printf("%d\\n",a);}', special)
    assert (codes[0], report.tests[0].checker_exit) == ("WA", 1)
    assert verdicts(judge, C + b"}", special)[0][0] == "PE"
    codes, report = verdicts(judge, C + b'printf("2\\n");return 1;}', special)
    assert (codes[0], report.tests[0].checker_exit) == ("RE", None)


def test_a_python_checker_that_raises_is_at_fault_and_one_that_refuses_is_not(judge, tmp_path):
    check = tmp_path / "check.py"
    check.write_text(
        "from __future__ import annotations\nimport sys\n"
        "given, output, answer = (open(name).read() for name in sys.argv[1:4])\n"
        "if __name__ == '__main__':\n    sys.exit('no' if int(output) % 2 else 0)\n"
    )
    problem = JudgedProblem("special", SUM.tests[:1], checker=JuryProgram(check, "python"))
    assert verdicts(judge, C + b'puts("8");}', problem)[0] == ["AC"]
    codes, report = verdicts(judge, C + b'puts("7");}', problem)
    assert (codes, report.tests[0].message) == (["WA"], "no")
    codes, report = verdicts(judge, C + b'puts("seven");}', problem)
    assert codes == ["JE"]
    assert "ValueError" in report.tests[0].message


def test_an_interactive_problem_is_judged(judge, tmp_path):
    guess = tmp_path / "guess.c"
    guess.write_text(
        '#include <stdio.h>\nint main(int c,char**v){int want,got;FILE*f=fopen(v[1],"r");'
        'if(!f||fscanf(f,"%d",&want)!=1)return 3;for(int i=0;i<10;i++){if(scanf("%d",&got)!=1)return 2;'
        'puts(got<want?"more":got>want?"less":"right");fflush(stdout);if(got==want)return 0;}return 1;}'
    )
    tests = (Test("1", b"37"), Test("2", b"1"))
    problem = JudgedProblem("guess", tests, time_s=0.2, interactor=JuryProgram(guess, "c"))
    head = b'#include <stdio.h>\nint main(){int l=1,h=100;char s[20];for(;;){int m=(l+h)/2;printf("%d\\n",m);'
    tail = b"if(scanf(\"%19s\",s)!=1)return 1;if(*s=='r')return 0;if(*s=='m')l=m+1;else h=m-1;}}"
    assert verdicts(judge, head + b"fflush(stdout);" + tail, problem)[0] == ["AC", "AC"]
    silly = b'#include <stdio.h>\nint main(){char s[20];for(;;){puts("99");fflush(stdout);'
    silly += b'if(scanf("%19s",s)!=1)return 0;}}'
    assert verdicts(judge, silly, problem)[0][0] == "WA"


@pytest.mark.parametrize(
    ("problem", "word"),
    [
        (JudgedProblem("p", ()), "no tests"),
        (JudgedProblem("p", SUM.tests, compare="guess"), "no comparison"),
        (JudgedProblem("p", (Test("1", b""),)), "no answer"),
        (JudgedProblem("p", SUM.tests, time_s=0), "above 0"),
        (JudgedProblem("p", SUM.tests, memory=-1), "above 0"),
        (JudgedProblem("p", SUM.tests, output=0), "above 0"),
        (JudgedProblem("p", SUM.tests, time_s=float("nan")), "above 0"),
        (JudgedProblem("p", SUM.tests, time_s=float("inf")), "above 0"),
        (JudgedProblem("p", SUM.tests, time_s=1e300), "at most"),
        (JudgedProblem("p", SUM.tests, memory=1 << 60), "at most"),
        (JudgedProblem("p", SUM.tests, memory=1.5), "whole bytes"),
        (JudgedProblem("p", (Test("1", b"", b"", points=-1),)), "points"),
        (JudgedProblem("p", (Test("1", b"", b"", points=float("nan")),)), "points"),
    ],
)
def test_a_problem_that_nothing_can_be_judged_by_is_refused(judge, problem, word):
    with pytest.raises(InputError, match=word):
        checked(problem)
    with pytest.raises(InputError, match=word):
        judge.judge(problem, Submission(RIGHT, "c"))
    with pytest.raises(InputError, match=word):
        list(judge.judge_all([(problem, Submission(RIGHT, "c"))]))


def test_a_source_that_is_a_text_is_refused_in_one_line(judge):
    text = Submission(RIGHT.decode(), "c", "mine.c")  # pyright: ignore[reportArgumentType]
    for call in (lambda: judge.judge(SUM, text), lambda: list(judge.judge_all([(SUM, text)]))):
        with pytest.raises(InputError, match=r"mine.c, field 'source': a source is bytes, such as"):
            call()


def test_an_unknown_language_is_bad_input_and_no_judge_error(judge):
    with pytest.raises(InputError, match="no language is called 'cobol'; there are c, cpp17"):
        judge.judge(SUM, Submission(RIGHT, "cobol"))


def test_a_policy_gives_time_and_is_written_into_the_report(judge, tmp_path):
    """Work of a fixed CPU time that is over the limit of one policy and within another's."""
    works = b"import time\na,b=map(int,input().split())\nwhile time.process_time()<0.5: pass\nprint(a+b)"
    quick = JudgedProblem("sum", SUM.tests[:1], time_s=0.3)
    codes, report = verdicts(judge, works, quick, key="python")
    assert (codes, report.policy) == (["TLE"], "default")
    with CodeJudge.open(1, policy="stepfun", cache=tmp_path) as longer:
        codes, report = verdicts(longer, works, quick, key="python")
        assert (codes, report.policy) == (["AC"], "stepfun")
    with pytest.raises(InputError, match="policy"):
        CodeJudge.open(policy="kind")


def test_a_verdict_near_the_limit_is_taken_again_and_marked(judge):
    source = C + b'while(clock()<1.1*CLOCKS_PER_SEC*LIMIT);printf("%d\\n",a+b);}'
    source = source.replace(b"LIMIT", b"0.2")
    codes, report = verdicts(judge, source, JudgedProblem("near", SUM.tests[:1], time_s=0.2))
    assert codes == ["TLE"]
    assert report.tests[0].borderline
    far = source.replace(b"1.1*", b"5*")
    codes, report = verdicts(judge, far, JudgedProblem("far", SUM.tests[:1], time_s=0.2))
    assert codes == ["TLE"]
    assert not report.tests[0].borderline


def test_the_judge_is_what_its_repr_says_and_refuses_what_it_cannot_have(tmp_path):
    made = CodeJudge(1, policy="stepfun", cache=None)
    assert eval(repr(made)) == made
    made.close()
    with pytest.raises(InputError, match="mode"):
        CodeJudge.open(mode="steel", cache=tmp_path)
    with pytest.raises(SandboxError):
        CodeJudge.open(mode="none", cache=tmp_path)
