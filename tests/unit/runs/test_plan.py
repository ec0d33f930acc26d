"""A stage ends with the same bytes whatever the concurrency, the kills and the order in which things finish."""

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from veriloop.errors import (
    BudgetSpent,
    EngineError,
    EngineTimeout,
    InputError,
    RunStopped,
    StoreError,
)
from veriloop.ids import derive_seed
from veriloop.records import (
    Cost,
    Dropped,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.runs.plan import Stage, StageEvent, item_key, run_stage
from veriloop.store.cache import Cache


def problems(n):
    return [Problem("sum", f"What is {i} + {i}?", str(2 * i)) for i in range(n)]


def solution(problem, **more):
    return Solution(problem.id, (f"It is {problem.reference}.",), answer=problem.reference, **more)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def search(folder, **more):
    return Stage("search", folder, (Solution,), {"k": 1}, **{"piece_size": 4, **more})


def test_records_come_in_item_order_with_the_same_bytes_at_any_concurrency(tmp_path):
    items = problems(30)

    async def work(problem):
        await asyncio.sleep(random.random() / 500)
        n = int(problem.reference) % 3
        return [solution(problem, sample=i) for i in range(n)]

    async def run_all():
        return [
            await run_stage(search(tmp_path / str(n), in_flight=n), items, work)
            for n in (1, 3, 256)
        ]

    reports = asyncio.run(run_all())
    trees = [files(tmp_path / str(n)) for n in (1, 3, 256)]
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) == 1 + 2 * 8  # stage.json, and two kinds in pieces of 4 of 30
    expected = [solution(p, sample=i) for p in items for i in range(int(p.reference) % 3)]
    assert list(search(tmp_path / "3").table(Solution).read()) == expected
    for report in reports:
        assert (report.items, report.done, report.resumed, report.lost) == (30, 30, 0, 0)
        assert report.records == {"solutions": len(expected), "dropped": 0}
        assert report.wall_seconds > 0
        assert report.cpu_seconds >= 0


def test_never_more_in_flight_than_allowed_and_no_barrier_between_pieces(tmp_path):
    """One item that hangs until all others are done: a barrier would wait for ever."""
    items = problems(20)
    now, most, done = 0, 0, 0

    async def work(problem):
        nonlocal now, most, done
        now += 1
        most = max(most, now)
        while problem is items[0] and done < 19:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        now -= 1
        done += 1
        return [solution(problem)]

    report = asyncio.run(
        asyncio.wait_for(run_stage(search(tmp_path, in_flight=3), items, work), 30)
    )
    assert (most, report.done) == (3, 20)


def test_a_restart_does_only_the_pieces_that_lack(tmp_path):
    items, asked = problems(10), []

    async def work(problem):
        asked.append(problem)
        return [solution(problem)]

    stage = search(tmp_path)
    asyncio.run(run_stage(stage, items, work))
    whole = files(tmp_path)
    stage.table(Solution).path(1).unlink()
    stage.table(Dropped).path(2).unlink()
    asked.clear()
    report = asyncio.run(run_stage(stage, items, work))
    assert asked == items[4:10]
    assert (report.done, report.resumed) == (6, 4)
    assert report.records == {"solutions": 10, "dropped": 0}
    assert files(tmp_path) == whole


def test_an_item_whose_engine_fails_is_dropped_with_its_reason_and_the_run_goes_on(tmp_path):
    items = problems(9)

    async def work(problem):
        match int(problem.reference):
            case 0:
                raise EngineTimeout("no answer in 60 s from \ud800")
            case 2:
                raise EngineError("HTTP 500, five times")
            case 4:
                return [Solution(problem.id, ("\udfff",))]
            case 6:
                return [Dropped(problem.id, "no consensus", "consensus")]
        return [solution(problem)]

    stage = search(tmp_path)
    report = asyncio.run(run_stage(stage, items, work))
    assert report.dropped == {
        "engine failed": 1,
        "engine timed out": 1,
        "no consensus": 1,
        "unusable input": 1,
    }
    assert report.lost == 3
    assert report.records == {"solutions": 5, "dropped": 4}
    first, second, third, _ = stage.table(Dropped).read()
    assert first == Dropped(
        items[0].id, "engine timed out", "search", 0, {"error": "no answer in 60 s from \\ud800"}
    )
    assert second.detail == {"error": "HTTP 500, five times"}
    assert "lone surrogate" in third.detail["error"]


def test_lost_items_are_tried_again_when_asked(tmp_path):
    items, broken, asked = problems(12), {2, 14}, []

    async def work(problem):
        asked.append(int(problem.reference))
        if int(problem.reference) in broken:
            raise EngineError("down")
        return [solution(problem)]

    assert asyncio.run(run_stage(search(tmp_path), items, work)).lost == 2
    broken.clear()
    asked.clear()
    assert asyncio.run(run_stage(search(tmp_path), items, work)).lost == 2
    assert asked == []
    report = asyncio.run(run_stage(search(tmp_path, retry_lost=True), items, work))
    assert (report.lost, report.records["solutions"]) == (0, 12)
    assert asked == [0, 2, 4, 6, 8, 10, 12, 14]
    asyncio.run(run_stage(search(tmp_path / "calm"), items, work))
    calm = files(tmp_path / "calm")
    assert {name: data for name, data in files(tmp_path).items() if "calm" not in name} == calm


@pytest.mark.parametrize(
    ("reason", "again"),
    [(Unscored.ENGINE, True), (Unscored.CHECKER, True), (Unscored.UNPARSED, False)],
)
def test_verdicts_that_an_error_left_without_a_value_are_tried_again_when_asked(
    tmp_path, reason, again
):
    """An answer that cannot be read is an answer: asking until it suits would choose labels by luck."""
    items, asked, broken = problems(8), [], True

    async def work(problem):
        asked.append(problem)
        lost = broken and problem is items[5]
        value, why = (None, reason) if lost else (1.0, None)
        name = solution(problem).id
        return [Verdict(problem.id, name, "v", Form.BINARY, Granularity.STEP, value, why)]

    def stage(**more):
        return Stage("verify", tmp_path, (Verdict,), piece_size=4, **more)

    asyncio.run(run_stage(stage(), items, work))
    broken = False
    asked.clear()
    asyncio.run(run_stage(stage(retry_lost=True), items, work))
    assert asked == (items[4:] if again else [])
    assert all(v.scored for v in stage().table(Verdict).read()) is again


def test_other_errors_stop_the_stage_with_a_note_and_keep_finished_pieces(tmp_path):
    items = problems(12)

    async def work(problem):
        if problem is items[9]:
            raise ZeroDivisionError("a bug")
        return [solution(problem)]

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(run_stage(search(tmp_path, in_flight=2), items, work))
    assert caught.value.__notes__ == [f"in runs: stage search, item {items[9].id}"]
    assert search(tmp_path).table(Solution).pieces() == [0, 1]


def test_a_kind_that_was_not_announced_is_a_mistake_of_the_caller(tmp_path):
    async def work(problem):
        return [problem]

    with pytest.raises(
        TypeError, match="returned a Problem, and the stage makes Solution, Dropped"
    ):
        asyncio.run(run_stage(search(tmp_path), problems(1), work))


async def echo(problem):
    return [solution(problem)]


@pytest.mark.parametrize(
    ("change", "count", "message"),
    [
        ({"made_by": {"k": 2}}, 10, "k was 1, is 2"),
        ({"piece_size": 5}, 10, "piece_size was 4, is 5"),
        ({"name": "judge"}, 10, "stage was search, is judge"),
        ({}, 11, "items was 10, is 11)"),
    ],
)
def test_a_folder_made_otherwise_is_refused_and_left_alone(tmp_path, change, count, message):
    asyncio.run(run_stage(search(tmp_path), problems(10), echo))
    before = files(tmp_path)
    base = {"name": "search", "folder": tmp_path, "makes": (Solution,), "made_by": {"k": 1}}
    other = Stage(**{**base, "piece_size": 4, **change})
    with pytest.raises(InputError, match="--fresh starts it over") as caught:
        asyncio.run(run_stage(other, problems(count), echo))
    assert message in str(caught.value)
    assert caught.value.file == str(tmp_path)
    assert files(tmp_path) == before
    fresh = Stage(**{**base, "piece_size": 4, **change, "fresh": True})
    report = asyncio.run(run_stage(fresh, problems(count), echo))
    assert (report.done, report.resumed) == (count, 0)
    assert report.records["solutions"] == count


def test_items_that_changed_are_noticed_by_content(tmp_path):
    asyncio.run(run_stage(search(tmp_path), problems(4), echo))
    others = [*problems(3), Problem("sum", "What is 3 + 3?", "7")]
    with pytest.raises(InputError, match="items was 4, is 4 others"):
        asyncio.run(run_stage(search(tmp_path), others, echo))


def test_a_group_is_known_by_all_it_holds():
    problem = problems(1)[0]
    one, two = solution(problem), solution(problem, sample=1)
    verdict = Verdict(problem.id, one.id, "v", Form.BINARY, Granularity.STEP, 1.0)
    groups = [Group(problem), Group(problem, (one,)), Group(problem, (one, two))]
    groups.append(Group(problem, (one,), (verdict,)))
    keys = [str(item_key(item)) for item in [*groups, problem, (one, problem), "a", 3]]
    assert len(set(keys)) == len(keys)


def test_pieces_of_unknown_origin_are_not_continued(tmp_path):
    search(tmp_path).table(Solution).write_piece(0, [])
    with pytest.raises(InputError, match=r"no stage\.json"):
        asyncio.run(run_stage(search(tmp_path), problems(1), echo))
    (tmp_path / "stage.json").write_text("{oops")
    with pytest.raises(InputError, match="not JSON"):
        asyncio.run(run_stage(search(tmp_path), problems(1), echo))


def test_two_runs_cannot_write_to_one_folder(tmp_path):
    async def both():
        started = asyncio.Event()

        async def slow(problem):
            started.set()
            await asyncio.sleep(0.05)
            return [solution(problem)]

        first = asyncio.create_task(run_stage(search(tmp_path), problems(4), slow))
        await started.wait()
        with pytest.raises(StoreError, match="another run is writing here"):
            await run_stage(search(tmp_path), problems(4), slow)
        return await first

    assert asyncio.run(both()).done == 4


def test_no_items_and_no_pieces_is_a_finished_stage(tmp_path):
    report = asyncio.run(run_stage(search(tmp_path), [], echo))
    assert (report.items, report.records) == (0, {"solutions": 0, "dropped": 0})
    with pytest.raises(InputError, match="at least 1, got 0"):
        search(tmp_path, piece_size=0)


def test_events_count_items_tokens_dollars_and_losses(tmp_path):
    items, events = problems(4), []

    async def work(problem):
        if problem is items[3]:
            raise EngineError("down")
        about = {"problem": problem.id, "solution": "s", "verifier": "judge"}
        kind = {"form": Form.BINARY, "granularity": Granularity.STEP}
        cost = Cost(calls=1, tokens=10, usd=0.25)
        lost = Verdict(**about, **kind, unscored=Unscored.UNPARSED, cost=cost)
        return [
            solution(problem, tokens=5),
            solution(problem),
            Verdict(**about, **kind, value=1.0, cost=cost),
            lost,
        ]

    stage = Stage("all", tmp_path, (Solution, Verdict), piece_size=1, in_flight=1)
    report = asyncio.run(run_stage(stage, items, work, on_event=events.append))
    assert [event.done for event in events] == [0, 1, 2, 3, 4, 4]
    assert events[-1] == StageEvent(
        "all", 4, 4, 0, lost=1, unscored=3, tokens=75, usd=1.5, finished=True
    )
    assert (report.tokens, report.usd) == (75, 1.5)
    stage.table(Solution).path(0).unlink()
    again = []
    asyncio.run(run_stage(stage, items, work, on_event=again.append))
    assert (again[0].done, again[0].resumed, again[-1].done) == (3, 3, 4)


CHILD = textwrap.dedent("""
    import asyncio, json, random, sys
    from pathlib import Path
    from veriloop.ids import derive_seed
    from veriloop.records import Problem, Solution
    from veriloop.runs.plan import Stage, run_stage
    from veriloop.store.cache import Cache, call_key

    folder, pause = Path(sys.argv[1]), float(sys.argv[2])
    cache = Cache(folder / "calls.sqlite")
    items = [Problem("sum", f"What is {i} + {i}?", str(2 * i)) for i in range(400)]

    async def pay(keys, problem):
        # A batch of samples from a server: what it answers is drawn from the seed.
        await asyncio.sleep(pause * random.random())
        return {key: derive_seed(7, problem.id, i) for i, key in enumerate(keys)}

    async def work(problem):
        keys = [call_key({"prompt": problem.prompt, "seed": 7}, i) for i in range(4)]
        known = cache.get_many(keys)
        lacking = [key for key in keys if key not in known]
        if lacking:
            cache.start(lacking)
            known |= await pay(keys, problem)
            cache.put_many({key: known[key] for key in lacking})
        return [
            Solution(problem.id, (str(known[key]),), engine="m", seed=7, sample=i)
            for i, key in enumerate(keys)
        ]

    stage = Stage("search", folder / "search", (Solution,), {"seed": 7}, piece_size=8, in_flight=6)
    report = asyncio.run(run_stage(stage, items, work, on_event=lambda e: print(e.done, flush=True)))
    print(json.dumps([report.done, report.resumed]))
""")


def run_child(folder, pause=0.0):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(pause)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bytes_and_pays_one_batch_twice(tmp_path):
    calm = run_child(tmp_path / "calm")
    out, err = calm.communicate(timeout=120)
    assert (calm.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "[400, 0]"
    dice = random.Random(derive_seed(0, "kills"))
    killed = tmp_path / "killed"
    in_flight_keys, kills = 6 * 4, 0
    # At least 4 kills, until some came late enough to leave finished pieces.
    while kills < 4 or not search(killed / "search").table(Dropped).pieces():
        assert kills < 60
        child = run_child(killed, pause=0.06)
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        time.sleep(dice.random() * 0.15 * (1 + kills / 4))  # ever later, for slow machines
        child.kill()
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        kills += 1
        cache = Cache(killed / "calls.sqlite")
        assert cache.paid_twice() <= kills * in_flight_keys
        cache.close()
    end = run_child(killed)
    out, err = end.communicate(timeout=120)
    assert (end.returncode, err) == (0, "")
    done, resumed = (int(n) for n in out.splitlines()[-1].strip("[]").split(","))
    assert done + resumed == 400
    assert resumed > 0
    assert files(killed / "search") == files(tmp_path / "calm" / "search")
    cache = Cache(killed / "calls.sqlite")
    assert cache.paid() - cache.paid_twice() == len(cache) == 1600
    assert cache.paid_twice() <= kills * in_flight_keys


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_and_says_how_to_resume(tmp_path, signal_sent):
    child = run_child(tmp_path, pause=0.1)
    assert child.stdout is not None
    while int(child.stdout.readline()) < 20:
        pass
    child.send_signal(signal_sent)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("veriloop.errors.RunStopped: stage 'search' was stopped by SIG")
    assert last.endswith("run the same command again and it goes on from there")
    assert not list(Path(tmp_path).rglob("*.unfinished"))
    end = run_child(tmp_path)
    assert end.communicate(timeout=60)[0].splitlines()[-1].startswith("[")
    assert Cache(tmp_path / "calls.sqlite").paid_twice() <= 6 * 4


def test_work_that_never_waits_still_hears_ctrl_c(tmp_path):
    async def work(problem):
        if problem.reference == "20":
            os.kill(os.getpid(), signal.SIGINT)
        return [solution(problem)]

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RunStopped, match="stopped by SIGINT at 1"):
        asyncio.run(run_stage(search(tmp_path, in_flight=1), problems(60), work))
    assert signal.getsignal(signal.SIGINT) is before
    kept = search(tmp_path).table(Solution).pieces()
    assert kept in ([0, 1], [0, 1, 2])  # sent by item 10, heard within a turn or two of the loop
    report = asyncio.run(run_stage(search(tmp_path), problems(60), echo))
    assert (report.done, report.resumed) == (60 - 4 * len(kept), 4 * len(kept))


def test_a_call_cancelled_from_within_is_a_lost_item_not_a_lost_worker(tmp_path):
    async def work(problem):
        if problem.reference in ("0", "6"):
            raise asyncio.CancelledError
        return [solution(problem)]

    report = asyncio.run(run_stage(search(tmp_path, in_flight=2), problems(10), work))
    assert report.dropped == {"engine failed": 2}
    assert report.records["solutions"] == 8


def test_stages_run_side_by_side(tmp_path):
    async def both():
        one, two = search(tmp_path / "1"), search(tmp_path / "2")
        return await asyncio.gather(
            run_stage(one, problems(9), echo), run_stage(two, problems(9), echo)
        )

    first, second = asyncio.run(both())
    assert first.records == second.records == {"solutions": 9, "dropped": 0}
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_a_full_disk_stops_the_stage_and_a_restart_goes_on(tmp_path):
    def write_big(problem):
        return [Solution(problem.id, (os.urandom(3000).hex(),))]

    async def big(problem):
        return write_big(problem) if problem.reference == "20" else [solution(problem)]

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(
            StoreError, match=r"solutions/part-00002\.parquet: could not be written"
        ):
            asyncio.run(run_stage(search(tmp_path, in_flight=1), problems(16), big))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert search(tmp_path).table(Solution).pieces() == [0, 1]
    report = asyncio.run(run_stage(search(tmp_path), problems(16), big))
    assert (report.done, report.resumed, report.lost) == (8, 8, 0)


def test_a_cancelled_caller_cancels_the_work(tmp_path):
    async def scenario():
        ended = []

        async def work(problem):
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(problem)
            return []

        task = asyncio.create_task(run_stage(search(tmp_path), problems(5), work))
        while not (tmp_path / "stage.json").exists():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended

    assert len(asyncio.run(scenario())) == 5


def test_what_the_budget_left_out_is_no_failure_and_is_done_under_a_larger_one(tmp_path):
    items, asked = problems(12), []

    async def work(problem, room):
        asked.append(problem.reference)
        if len(asked) > room:
            raise BudgetSpent("the budget is spent")
        return [solution(problem)]

    def attempt(room, **more):
        asked.clear()
        stage = search(tmp_path / "small", in_flight=1, **more)
        return asyncio.run(run_stage(stage, items, lambda p: work(p, room)))

    first = attempt(6)
    assert (first.left_out, first.lost, first.dropped) == (6, 0, {"budget spent": 6})
    assert (first.done, first.records["solutions"]) == (12, 6)
    again = attempt(4)  # the first piece is whole, and now the second too
    assert (again.resumed, again.left_out) == (4, 4)
    whole = attempt(99)
    assert (whole.resumed, whole.left_out, whole.records["solutions"]) == (8, 0, 12)
    assert attempt(99).resumed == 12
    unharmed = search(tmp_path / "large")
    asyncio.run(run_stage(unharmed, items, lambda p: work(p, 10**9)))
    assert files(tmp_path / "small") == files(tmp_path / "large")
