"""``veriloop label`` from problems and solutions to examples: every source of labels, reuse, audit, losses, restarts.

The policy is a rule: a rollout is right unless its prefix holds a slip, so that every label is known beforehand.
Servers are real ones on loopback.
"""

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.cli.label_report import shown
from veriloop.cli.labelling import LabelPlan, label_run
from veriloop.engines.cached import Cached
from veriloop.engines.http import Http
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.records import (
    NO_ERROR,
    Example,
    Finish,
    Form,
    Granularity,
    Problem,
    Solution,
    Verdict,
)
from veriloop.runs.stages import Run, read_all, read_dropped
from veriloop.runs.streams import Sources
from veriloop.store.cache import Cache
from veriloop.store.pieces import Table
from veriloop.verify.equality import MathEquality
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo

ROOT = Path(__file__).resolve().parents[3]
_spec = importlib.util.spec_from_file_location("loopback", ROOT / "tests/unit/engines/loopback.py")
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)

PLAN = LabelPlan()
FAST = {"backoff": 0.001, "retries": 2, "timeout": 5.0}
COUNT = 6
RIGHT = ("Écris 2 × 3 🙂.", "fine", "So \\boxed{7}")
SLIPPED = ("Écris 2 × 3 🙂.", "slip", "So \\boxed{8}")
LUCKY = ("slip", "fine", "So \\boxed{7}")  # the right answer by a wrong step
FIRST_ERRORS = {RIGHT: NO_ERROR, SLIPPED: 1, LUCKY: 0}
PROBLEMS = [
    Problem("t", f"Question {i}?", "7", subset="odd" if i % 2 else "even") for i in range(COUNT)
]
SOLUTIONS = [
    Solution(p.id, steps, Finish.STOP, steps[-1][10:-1], engine="writer", sample=j)
    for p in PROBLEMS
    for j, steps in enumerate(FIRST_ERRORS)
]
KNOWN = [FIRST_ERRORS[s.steps] for s in SOLUTIONS]


def complete(prefix):
    """What the policy writes after a prefix: wrong after a slip, else right."""
    return "So \\boxed{8}" if "slip" in prefix else "So \\boxed{7}"


def critique(steps, where):
    count = len(steps) if where == NO_ERROR else where + 1
    blocks = "".join(f"<analysis_{i + 1}>.</analysis_{i + 1}>" for i in range(count))
    return blocks + f"<conclusion>{'Correct' if where == NO_ERROR else 'Incorrect'}</conclusion>"


@pytest.fixture
def given(tmp_path):
    """Folders of problems and solutions, as the commands before leave them."""
    Table(tmp_path / "P/problems", Problem).write_piece(0, PROBLEMS)
    Table(tmp_path / "S/solutions", Solution).write_piece(0, SOLUTIONS)
    return tmp_path


def verdict(solution, name, where, **more):
    scores = (1.0,) * len(solution.steps) if where == NO_ERROR else (1.0,) * where + (0.0,)
    return Verdict(
        solution.problem, solution.id, name, Form.BINARY, Granularity.STEP,
        value=float(where == NO_ERROR), step_scores=scores, first_error=where, **more,
    )  # fmt: skip


def say(folder, name, wheres, solutions=SOLUTIONS):
    """A folder of verdicts of ``name``; None leaves a solution out."""
    said = [verdict(s, name, w) for s, w in zip(solutions, wheres, strict=True) if w is not None]
    Table(folder / name / "verdicts", Verdict).write_piece(0, said)
    return folder / name


def veriloop(given, *words, out="L", code=0):
    """The command on the given folders; what it printed."""
    where = ["--problems", given / "P", "--solutions", given / "S", "--out", given / out, "-q"]
    result = CliRunner().invoke(app, [str(word) for word in ("label", *words, *where)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def sources(given, *verdicts):
    return Sources(given / "P", given / "S", verdicts)


def montecarlo(engine, **options):
    return MonteCarlo(engine, MathEquality(), **{"k": 4, **options})


def rule(**options):
    return Scripted(lambda request: complete(request.prefix), **options)


def run_label(given, cast, plan=PLAN, *verdicts, out="L", **options):
    run = Run(given / out, **options)
    return asyncio.run(label_run(plan, run, sources(given, *verdicts), cast))


def told(given, out="L"):
    return json.loads((given / out / "label.json").read_text())


def labels(given, out="L"):
    """First errors of the examples, by solution."""
    return {
        e.solutions[0]: e.labels.index(0.0) if 0.0 in e.labels else NO_ERROR
        for e in read_all(given / out, Example)
    }


def script(path, table):
    path.write_text(json.dumps(table))
    return f"scripted:{path}"


def judge_script(given, wheres):
    """An engine that says of each solution that its first error is there; a text is said as it is."""
    ask = Judge(Scripted({})).ask
    text = {p.id: p for p in PROBLEMS}
    table = {}
    for solution, where in zip(SOLUTIONS, wheres, strict=True):
        (message,) = ask(text[solution.problem], solution.steps)
        table[message.content] = (
            where if isinstance(where, str) else critique(solution.steps, where)
        )
    return script(given / "judge.json", table)


def policy_script(given):
    texts = ["\n\n".join(steps) for steps in (RIGHT, SLIPPED)] + ["slip\n\nfine\n\nSo \\boxed{8}"]
    return script(given / "policy.json", {p.text: texts for p in PROBLEMS})


# The sources of labels


def test_rollouts_from_an_engine_and_what_they_took(given):
    found = run_label(given, {"mc": montecarlo(rule())})
    assert labels(given) == {s.id: w for s, w in zip(SOLUTIONS, KNOWN, strict=True)}
    assert found.report.records["examples"] == len(SOLUTIONS)
    costs = found.costs["mc"]
    # Right: one success after each of two prefixes. Slipped: one, then four failures. Lucky: four failures.
    assert costs.cost.rollouts == COUNT * (2 + 5 + 4)
    assert costs.exhaustive == COUNT * 3 * 2 * 4
    text = shown(LabelPlan(), found)
    assert "mc: 66 of the 144 rollouts of an exhaustive run (0.458)" in text
    assert f"{len(SOLUTIONS)} examples" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_soft_labels_are_shares(given):
    engine = Scripted(
        lambda r: "\\boxed{7}" if r.first % 4 == 0 and "slip" not in r.prefix else "no"
    )
    found = run_label(given, {"mc": montecarlo(engine, estimate="soft")}, LabelPlan(threshold=None))
    examples = read_all(given / "L", Example)
    assert {e.labels for e in examples} == {(0.25, 0.25, 1.0), (0.25, 0.0), (0.0,)}
    assert found.costs["mc"].cost.rollouts == COUNT * (8 + 8 + 4)
    assert len(engine.requests) == COUNT * 5, "all samples of a prefix are asked for at once"


@pytest.mark.parametrize(("threshold", "where"), [(0, -1), (0.125, 0), (0.875, 0)])
def test_a_threshold_labels_as_soft_verdicts_above_it_do(given, threshold, where):
    """One of the eight rollouts after the first prefix succeeds."""
    one, others = "\n\n".join(RIGHT), "\n\n".join((*RIGHT[:2], "no"))
    spec = script(given / "one.json", {p.text: [one, *[others] * 7] for p in PROBLEMS})
    Table(given / "S/solutions", Solution).write_piece(0, SOLUTIONS[::3])
    veriloop(given, "--by", "montecarlo", "--policy", spec, "--threshold", threshold)
    assert set(labels(given).values()) == {where}
    veriloop(given, "--policy", spec, "--soft", out="soft")
    veriloop(given, given / "soft/verdicts/mc", "--threshold", threshold, out="again")
    assert labels(given, "again") == labels(given)


def test_a_judge_and_what_it_says_nonsense_of(given):
    said = [*KNOWN[:-2], "I cannot say.", "<conclusion>Correct</conclusion>"]
    text = veriloop(given, "--by", "judge", "--judge", judge_script(given, said))
    assert list(labels(given).values()) == KNOWN[:-2]
    assert "16 examples\n  2 dropped: judge: unparsed (no conclusion)" in text
    assert [d.what for d in read_dropped(given / "L")] == [s.id for s in SOLUTIONS[-2:]]
    assert told(given)["verdicts"]["judge"]["unscored"] == {"unparsed": 2}


def test_consensus_of_rollouts_and_judge_made_in_one_command(given):
    said = [2 if i % 3 == 1 else where for i, where in enumerate(KNOWN)]
    text = veriloop(given, "--by", "consensus", "--policy", policy_script(given),
                    "--judge", judge_script(given, said))  # fmt: skip
    agreed = {s.id: w for s, w, j in zip(SOLUTIONS, KNOWN, said, strict=True) if w == j}
    assert labels(given) == agreed
    dropped = read_dropped(given / "L")
    assert {d.reason for d in dropped} == {"disagree on the first error"}
    assert all(d.detail == {"mc": 1, "judge": 2} for d in dropped)
    kept = told(given)["kept"]
    assert kept["all"] == {"kept": 12, "of": 18}
    assert kept["generator"] == {"writer": {"kept": 12, "of": 18}}
    assert kept["subset"]["odd"] == {"kept": 6, "of": 9}
    assert kept["steps"] == {"3-4": {"kept": 12, "of": 18}}
    assert "Kept: mc labels where judge agrees" in text
    assert "66.7" in text
    assert "6 dropped: disagree on the first error" in text


def test_human_labels_alone_and_with_either_of_the_others(given):
    people = say(given, "human", [None if i == 0 else where for i, where in enumerate(KNOWN)])
    text = veriloop(given, people, "--by", "human")
    assert "17 examples\n  1 dropped: human: no verdict" in text
    both = [people, "--by", "consensus"]
    veriloop(given, *both, "--agree", "human", "--policy", policy_script(given), out="mc")
    assert labels(given, "mc") == labels(given)
    doubting = ["--agree", "judge", "--judge", judge_script(given, [0] * len(SOLUTIONS))]
    veriloop(given, *both, "--source", "human", *doubting, out="judge")
    firsts = [s.id for s, where in zip(SOLUTIONS, KNOWN, strict=True) if where == 0]
    assert labels(given, "judge") == dict.fromkeys(firsts, 0)


def test_given_verdicts_are_reused_and_only_what_lacks_is_made(given):
    some = say(given, "mc", [where if i < 9 else None for i, where in enumerate(KNOWN)])
    engine = rule()
    found = run_label(given, {"mc": montecarlo(engine)}, LabelPlan(), some)
    made = read_all(given / "L/verdicts/mc", Verdict)
    assert [v.solution for v in made] == [s.id for s in SOLUTIONS[9:]]
    assert labels(given) == {s.id: w for s, w in zip(SOLUTIONS, KNOWN, strict=True)}
    assert found.costs["mc"].verdicts == len(SOLUTIONS)
    every = say(given / "all", "mc", KNOWN)
    before = engine.calls
    run_label(given, {"mc": montecarlo(engine)}, LabelPlan(), every, out="none")
    assert engine.calls == before
    assert not (given / "none/verdicts").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--policy ENGINE"),
        (["--by", "judge"], "--judge ENGINE"),
        (["--by", "human"], "veriloop data convert"),
        (["--source", "gold"], "no verdicts of 'gold' are given .there are none."),
        (["--by", "guess"], "montecarlo, judge, human, consensus"),
        (["--by", "judge", "--agree", "mc"], "--by consensus"),
        (["--by", "consensus", "--source", "judge"], "agrees with itself"),
        (["--by", "judge", "--policy", "x@http://h"], "--policy makes verdicts of 'mc'"),
        (["--threshold", 1], "below 1"),
        (["--soft", "--threshold", 0.5], "one of the two"),
        (["--soft", "--search", "binary"], "every prefix"),
        (["--search", "random"], "left-to-right or binary"),
        (["--policy", "x@http://h", "--usd-per-million", "cheap"], "0.1,0.3"),
        (["--policy", "local:nowhere"], "nowhere"),
        (["--by", "judge", "--judge", "x@http://h", "--judge-prompt", "mine"], "judge_bare"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(given, words, said):
    with pytest.raises(InputError, match=said):
        veriloop(given, *words)
    assert not (given / "L/stage.json").exists()


def test_verdicts_that_do_not_fit_are_refused_before_anything_is_written(given):
    rolled = say(given, "mc", KNOWN)
    with pytest.raises(InputError, match="2 verdicts of 'mc' on solution"):
        veriloop(given, rolled, rolled)
    counted = {"k": 8, "threshold": 0.0}
    hard = [verdict(s, "mc", w, detail=counted) for s, w in zip(SOLUTIONS, KNOWN, strict=True)]
    Table(given / "hard/verdicts", Verdict).write_piece(0, hard)
    soft = [replace(v, form=Form.SCORE, detail={"k": 8}) for v in hard]
    Table(given / "soft/verdicts", Verdict).write_piece(0, soft)
    judged = say(given, "judge", KNOWN)
    for folder, kind in (("hard", "hard labels above 0"), ("soft", "soft labels, whose")):
        words = [given / folder, judged, "--source", "judge", "--agree", "mc", "--threshold", 0.5]
        with pytest.raises(InputError, match=f"{kind}.* of a threshold of 0.5: write --source mc"):
            veriloop(given, *words)
    for words, wanted in ((["--soft"], "no soft labels"), (["--threshold", 0.5], "above 0.5")):
        with pytest.raises(InputError, match=wanted):
            veriloop(given, given / "hard", *words)
    veriloop(given, given / "hard")
    assert len(labels(given)) == len(SOLUTIONS)


# Shortcuts


@pytest.mark.parametrize(
    ("options", "missed"), [({"skip_right": True}, COUNT), ({"search": "binary"}, 0)]
)
def test_a_shortcut_is_audited_with_the_same_rollouts(given, options, missed):
    """The lucky solutions are right by a wrong step: skipping misses it, halving does not."""
    inner = rule()
    engine = Cached(inner, given / "calls.sqlite")
    found = run_label(given, {"mc": montecarlo(engine, **options)}, LabelPlan(audit=100))
    agreement = found.agreement
    assert (agreement.every.n, agreement.every.differ) == (18, missed)
    assert (agreement.right.n, agreement.right.missed) == (12, missed)
    assert agreement.wrong.differ == 0
    assert agreement.full.cost.rollouts == 66
    assert agreement.shortcut.cost.rollouts == found.costs["mc"].cost.rollouts
    assert engine.cache.paid_twice() == 0
    distinct = {(r.seed, j) for r in inner.requests for j in range(r.first, r.first + r.n)}
    assert engine.cache.paid() == len(distinct), "no rollout of the audit that was there already"
    text = shown(LabelPlan(audit=100), found)
    assert "Audit: first errors that labels without shortcuts put elsewhere" in text
    assert "audited rollouts:" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    asyncio.run(engine.close())


def test_a_shortcut_on_the_command_line_is_audited_unless_told_not_to(given):
    policy = ["--policy", policy_script(given), "--k", 4]
    veriloop(given, *policy, "--skip-right", "--audit", 7)
    audit = told(given)["audit"]
    assert audit["all"]["n"] == 7
    assert audit["all"]["differ"] == audit["right_answer"]["missed"] > 0
    veriloop(given, *policy, "--search", "binary", out="all")
    assert told(given, "all")["audit"]["all"]["n"] == 18
    assert "search='binary'" in next(iter(told(given, "all")["verdicts"]["mc"]["made_by"]))
    veriloop(given, *policy, "--search", "binary", "--audit", 0, out="none")
    assert told(given, "none")["audit"] is None
    assert "Audit" not in veriloop(given, *policy, out="plain")
    exhaustive = veriloop(given, *policy, "--audit", 5, out="proof")
    assert "exhaustive labels" in exhaustive
    assert told(given, "proof")["audit"]["all"]["differ"] == 0


# Losses


def over(handler, given, plan=PLAN, *, out="L", retry_lost=False, **options):
    """A label run with rollouts from a real server; what is printed, and the server."""

    async def main():
        async with wire.loopback(handler) as server:
            engine = Cached(
                Http("m", server.url, **{**FAST, **options}), given / out / "calls.sqlite"
            )
            verifiers = {"mc": montecarlo(engine), "judge": Judge(engine)}
            cast = {name: verifiers[name] for name in plan.names}
            run = Run(given / out, retry_lost=retry_lost)
            try:
                found = await label_run(plan, run, sources(given), cast)
            finally:
                await engine.close()
            return found, server

    found, server = asyncio.run(main())
    return shown(plan, found), server


def answer(body):
    return wire.chat(*[complete(body["messages"][-1]["content"])] * body.get("n", 1))


def hang(body, count):
    raise wire.Never


BROKEN = {
    "429": lambda body, _: wire.http(429, {"error": {"message": "slow down"}}),
    "500": lambda body, _: wire.http(500, {"error": "out of memory"}),
    "truncated JSON": lambda body, _: wire.http(body=b'{"choices": [{"mess'),
    "no choices": lambda body, _: {"choices": []},
    "refused": lambda body, _: wire.http(400, {"error": {"message": "too long for the context"}}),
    "hangs": hang,
}
MESSAGES = {"429": "slow down", "500": "out of memory", "refused": "too long for the context"}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_server_loses_what_it_was_asked_and_nothing_else(given, fault):
    """One problem's requests fail for good; a healed server is then asked for what lacked, and no more."""
    bad = PROBLEMS[2]

    def handler(body, count):
        ours = any(turn["content"] == bad.text for turn in body["messages"])
        return BROKEN[fault](body, count) if ours else answer(body)

    text, _ = over(handler, given, timeout=0.2)
    lost = [s.id for s in SOLUTIONS if s.problem == bad.id]
    expected = {s.id: w for s, w in zip(SOLUTIONS, KNOWN, strict=True)}
    assert labels(given) == {name: w for name, w in expected.items() if name not in lost}
    (line,) = [line for line in text.splitlines() if "dropped" in line]
    assert line.startswith("  3 dropped: mc: engine (")
    assert MESSAGES.get(fault, "") in line
    dropped = read_dropped(given / "L")
    assert [(d.what, d.reason) for d in dropped] == [(name, "mc: engine") for name in lost]
    assert all(d.detail["error"] for d in dropped)

    _, server = over(lambda body, _: answer(body), given, retry_lost=True)
    assert labels(given) == expected
    assert all(bad.text in str(body) for body in server.bodies), "what was there is not asked again"
    over(lambda body, _: answer(body), given, out="whole")
    assert contents(given / "L") == contents(given / "whole")


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.parquet")}


@pytest.mark.parametrize("more", [-1, 1])
def test_a_server_that_gives_another_number_of_samples_changes_no_label(given, more):
    def handler(body, _):
        wanted = max(1, body.get("n", 1) + (more if body.get("n", 1) > 1 else 0))
        return wire.chat(*[complete(body["messages"][-1]["content"])] * wanted)

    text, _ = over(handler, given, samples_per_call=None)
    assert labels(given) == {s.id: w for s, w in zip(SOLUTIONS, KNOWN, strict=True)}
    assert "dropped" not in text


def test_a_judge_that_talks_nonsense_costs_its_calls_and_labels_nothing(given):
    plan = LabelPlan("judge")
    text, server = over(lambda body, _: wire.chat("Beautiful!"), given, plan)
    assert text.endswith("0 examples\n  18 dropped: judge: unparsed (no conclusion)")
    assert len(server.seen) == 18, "an answer that cannot be read is not asked for again"
    over(lambda body, _: wire.chat(critique((1, 2, 3), -1)), given, plan, retry_lost=True)
    assert labels_or_none(given) == {}, "nor is it another time: a label does not depend on luck"


def labels_or_none(given):
    return {e.solutions[0]: e.labels for e in Table(given / "L/examples", Example).read()}


def test_solutions_that_have_no_label_say_why(given):
    unknown = Problem("t", "And this?")
    blank = Solution(PROBLEMS[0].id, (), Finish.STOP, None, sample=7)
    hollow = Solution(PROBLEMS[0].id, ("", " ", "So \\boxed{7}"), Finish.STOP, "7", sample=8)
    orphan = Solution(unknown.id, RIGHT, Finish.STOP, "7")
    Table(given / "P/problems", Problem).write_piece(0, [PROBLEMS[0], unknown])
    Table(given / "S/solutions", Solution).write_piece(0, [blank, hollow, orphan])
    text = shown(LabelPlan(), run_label(given, {"mc": montecarlo(rule())}))
    assert "  1 dropped: mc: empty\n  1 dropped: mc: no_reference" in text
    assert labels(given) == {hollow.id: NO_ERROR}


def test_prices_reach_the_account(given):
    async def serve():
        async with wire.loopback(lambda body, _: answer(body)) as server:
            words = ["--policy", f"m@{server.url}", "--usd-per-million", "1,10", "--k", 4]
            return await asyncio.to_thread(veriloop, given, *words)

    text = asyncio.run(serve())
    costs = told(given)["verdicts"]["mc"]
    # Every sample is a call of 5 prompt tokens and 3 generated ones.
    assert costs["usd"] == pytest.approx(66 * (5 + 30) / 1e6)
    assert costs["tokens"] == 66 * 3
    assert told(given)["samples_paid"]["mc"]["again"] == 0
    assert "USD" in text


def test_exit_codes(given):
    down = script(given / "down.json", {PROBLEMS[0].text: ["\n\n".join(RIGHT)] * 2})
    text = veriloop(given, "--policy", down, "--k", 4, out="lenient")
    assert "give --retry-lost" in text
    veriloop(given, "--policy", down, "--k", 4, "--strict", out="strict", code=1)
    nobody = judge_script(given, ["hm"] * len(SOLUTIONS))
    assert "0 examples" in veriloop(given, "--by", "judge", "--judge", nobody, out="none", code=1)


# Many at once, and again


def test_every_solution_of_every_problem_is_in_flight_at_once_and_prefixes_extend(given):
    async def handler(body, _):
        await asyncio.sleep(0.05)
        return answer(body)

    _, server = over(handler, given)
    assert server.most >= len(SOLUTIONS)
    for problem in PROBLEMS:
        asked = [
            b["messages"] for b in server.bodies if b["messages"][0]["content"] == problem.text
        ]
        assert all(messages[:-1] == asked[0][:-1] for messages in asked)
        prefixes = {messages[-1]["content"] for messages in asked}
        assert prefixes == {f"{RIGHT[0]}\n\n", f"{RIGHT[0]}\n\nfine\n\n",
                            f"{SLIPPED[0]}\n\nslip\n\n", "slip\n\n"}  # fmt: skip


def served_slowly(seconds):
    """A server in a thread of its own: its address, how many calls it has had, and how to end it."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    state = {}

    async def handler(body, count):
        state["count"] = count
        await asyncio.sleep(seconds)
        return answer(body)

    async def main():
        state["over"] = asyncio.Event()
        async with wire.loopback(handler) as server:
            state["url"] = server.url
            ready.set()
            await state["over"].wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    ready.wait()

    def end():
        loop.call_soon_threadsafe(state["over"].set)
        thread.join()
        loop.close()

    return state, end


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(given):
    state, end = served_slowly(0.03)
    words = ["--k", "4", "--policy", f"m@{state['url']}"]
    where = ["--problems", given / "P", "--solutions", given / "S", "--out", given / "L"]
    command = [sys.executable, "-m", "veriloop.cli", "label", *words, *map(str, where)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        run = subprocess.Popen([*command, "--in-flight", "1", "-q"], env=env)
        while state.get("count", 0) < 30:
            assert run.poll() is None
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        assert not (given / "L/examples").exists()
        assert "18 examples" in veriloop(given, *words)
        veriloop(given, *words, out="whole")
    finally:
        end()
    assert contents(given / "L") == contents(given / "whole")
    ledger = Cache(given / "L/calls/calls.sqlite")
    assert ledger.paid() - ledger.paid_twice() == len(ledger)
    assert ledger.paid_twice() <= 3 * 4, "at most what was in flight of one problem"
    ledger.close()
