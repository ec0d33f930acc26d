"""Growing step by step: what is asked of an engine, how what comes is read, and what happens when it fails."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from veriloop.engines.batching import Batching
from veriloop.engines.cached import Cached
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, VerifierError
from veriloop.protocols import Completion, Reply, Sampling
from veriloop.records import Finish
from veriloop.search.beam import Beam
from veriloop.search.dvts import DiverseTrees
from veriloop.search.greedy import GuidedGreedy
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import Partial
from veriloop.search.tree import TreeSearch

STOP, LENGTH = Finish.STOP, Finish.LENGTH


def strategies(verifier, by=Stepwise()):  # noqa: B008
    return [
        GuidedGreedy(verifier, 3, by),
        Beam(verifier, 2, 3, by),
        DiverseTrees(verifier, 2, 2, by),
        TreeSearch(verifier, 5, 3, by=by),
        TreeSearch(verifier, 4, 2, prior="logprob", value="rollouts", by=by),
    ]


EACH = pytest.mark.parametrize(
    "which", range(5), ids=["greedy", "beam", "dvts", "mcts", "rollouts"]
)


async def side_by_side(search, problems, engine):
    return await asyncio.gather(*(search.search(p, engine) for p in problems))


@EACH
def test_what_is_found_depends_on_neither_concurrency_nor_memory(forest, which, tmp_path):
    search = strategies(forest.Exact(1))[which]
    problems = forest.problems(6)
    engine = forest.engine(3, 4, drawn=True)
    alone = [forest.run(search, p, engine) for p in problems]
    assert len({s.steps for found in alone for s in found}) > 3, (
        "problems have streams of their own"
    )
    assert asyncio.run(side_by_side(search, problems, engine)) == alone
    memory = Cached(forest.engine(3, 4, drawn=True, delay=0.001), tmp_path / "c.db")
    assert asyncio.run(side_by_side(search, problems, memory)) == alone
    paid = memory.cache.paid()
    nobody = Cached(forest.engine(3, 4, drawn=True, failures={1: "error"}), tmp_path / "c.db")
    assert asyncio.run(side_by_side(search, problems, nobody)) == alone
    assert nobody.cache.paid() == paid, "a rerun asks nobody"
    assert nobody.cache.paid_twice() == 0
    another = replace(search, by=replace(search.by, seed=9))
    assert [forest.run(another, p, engine) for p in problems] != alone


@dataclass(frozen=True)
class Counted:
    """A backend that counts its calls."""

    inner: Scripted
    sizes: list
    name: str = "counted"

    async def generate_batch(self, requests):
        self.sizes.append(len(requests))
        return [await self.inner.generate(r) for r in requests]


def test_beam_search_over_50_problems_is_one_batch_for_each_step(forest):
    sizes = []
    engine = Batching(Counted(forest.engine(3, 3), sizes), max_batch=10**6)
    found = asyncio.run(side_by_side(Beam(forest.Exact(), 4, 3), forest.problems(50), engine))
    assert sizes == [50, 150, 200], "three calls: every root, three beams each, four beams each"
    assert [len(f) for f in found] == [4] * 50


def test_all_candidates_of_a_round_are_shown_to_the_verifier_at_once(forest):
    groups = []

    @dataclass(frozen=True)
    class Watched:
        name: str = "exact"

        async def verify(self, group):
            groups.append([(s.steps, s.finish, s.sample) for s in group.solutions])
            return await forest.Exact().verify(group)

    forest.run(Beam(Watched(), 2, 3), by=forest.engine(3, 2))
    assert [len(g) for g in groups] == [3, 6]
    assert groups[0] == [(forest.steps((i,), 2), STOP, i) for i in range(3)]
    assert all(len(steps) == 2 for steps, _, _ in groups[1])


def test_prefixes_are_the_steps_and_the_blank_lines_that_the_policy_wrote(forest):
    engine = forest.engine(3, 4)
    forest.run(Beam(forest.Exact(), 3, 3), by=engine)
    prefixes = {r.prefix for r in engine.requests}
    assert "" in prefixes
    for prefix in prefixes - {""}:
        written = prefix.split("\n\n")
        assert written.pop() == ""
        assert tuple(written) == forest.steps(forest.path_of(written), 4)
    assert len({(r.seed, r.prefix) for r in engine.requests}) == len(prefixes)
    assert len({r.seed for r in engine.requests}) == len(prefixes), "each prefix has its own stream"


@EACH
@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_engine_that_fails_in_the_middle_fails_the_problem(forest, which, call, tmp_path):
    """As for a plain sample: the run drops the problem with the reason, and what was paid for is remembered."""
    search = strategies(forest.Exact())[which]
    engine = Cached(forest.engine(failures={call: "timeout"}), tmp_path / "c.db")
    with pytest.raises(EngineError, match=f"call {call} of the script"):
        forest.run(search, by=engine)
    assert forest.run(search, by=engine) == forest.run(search, by=forest.engine())


@EACH
def test_a_verifier_without_a_single_score_stops_the_search(forest, which):
    engine = forest.engine()
    traced = forest.trace(strategies(forest.Exact(blind=("move",)))[which], by=engine)
    assert {s.finish for s in traced.solutions} == {LENGTH}
    assert {len(s.steps) for s in traced.solutions} == {1}
    assert all(v.unscored for v in traced.verdicts)
    assert traced.spent.unscored == traced.spent.judged > 0
    assert all(not r.prefix for r in engine.requests), "nothing was grown blindly"


@EACH
def test_finished_solutions_that_nobody_could_judge_are_still_returned(forest, which):
    traced = forest.trace(strategies(forest.Exact(blind=("move",)))[which], by=forest.engine(3, 1))
    assert {s.finish for s in traced.solutions} == {STOP}
    assert all(v.unscored for v in traced.verdicts)


@EACH
def test_an_unscored_candidate_is_never_chosen_over_a_scored_one(forest, which):
    for salt in range(4):
        search = strategies(forest.Exact(salt, blind=(": 0 ",)))[which]
        traced = forest.trace(search, by=forest.engine(2, 3))
        good = [s for s in traced.solutions if s.finish is STOP]
        assert set(forest.paths(good)) == {(1, 1, 1)}
        assert traced.spent.unscored > 0


def test_a_verifier_that_gives_too_few_verdicts_is_an_error_that_counts(forest):
    class Short:
        name = "short"

        async def verify(self, group):
            return (await forest.Exact().verify(group))[:-1]

    with pytest.raises(VerifierError, match="'short' gave 2 verdicts on 3 solutions"):
        forest.run(GuidedGreedy(Short(), 3))


def test_too_few_samples_are_an_error_that_counts(forest):
    class Few:
        name = "few"

        async def generate(self, request):
            return Reply((Completion("one", STOP),))

    with pytest.raises(EngineError, match="'few' gave 1 of 3 samples of a step"):
        forest.run(GuidedGreedy(forest.Exact(), 3), by=Few())


@EACH
def test_engines_that_do_not_say_what_stopped_them_end_at_the_answer(forest, which):
    search = strategies(forest.Exact())[which]
    told = forest.run(search, by=forest.engine(3, 4))
    mute = forest.run(search, by=forest.Mute(forest.engine(3, 4)))
    assert [(s.steps, s.finish) for s in mute] == [(s.steps, s.finish) for s in told]


def grow(forest, script, parent=Partial(), n=1, by=Stepwise(), mute=False):  # noqa: B008
    engine = Scripted(script)
    made = forest.Mute(engine) if mute else engine
    grower = Grower(forest.PROBLEM, made, forest.Exact(), by)
    (grown,) = asyncio.run(grower.grow([(parent, 0, n)]))
    return [(one.steps, one.finish) for one in grown], grower


def test_without_a_word_on_stops_an_empty_next_step_ends_too(forest):
    parent = Partial(("So it is four.",))
    assert grow(forest, lambda r: "", parent, mute=True)[0] == [(parent.steps, STOP)]
    assert grow(forest, lambda r: "", parent)[0] == [(parent.steps, STOP)]
    more = [(("So it is four.", "And on"), None)]
    assert grow(forest, lambda r: "And on", parent, mute=True)[0] == more


def test_an_engine_that_has_said_one_stop_string_is_believed_afterwards(forest):
    """The other sample ends without an answer, and without a stop string: the model ended it."""
    script = lambda r: "Go on\n\nx" if r.first else "I do not know."  # noqa: E731
    grown, grower = grow(forest, script, n=2)
    assert grown == [(("I do not know.",), STOP), (("Go on",), None)]
    (later,) = asyncio.run(grower.grow([(Partial(("a",)), 0, 1)]))
    assert [(one.steps, one.finish) for one in later] == [(("a", "I do not know."), STOP)]


def test_an_answer_in_the_middle_does_not_end_what_goes_on(forest):
    text = r"Is it \boxed{4}?" + "\n\nNo."
    assert grow(forest, lambda r: text)[0] == [((r"Is it \boxed{4}?",), None)]


def test_stop_strings_of_the_sampling_end_a_solution(forest):
    by = Stepwise(Sampling(stop=("END",)))
    assert grow(forest, lambda r: "one END\n\ntwo", by=by)[0] == [(("one",), STOP)]
    assert grow(forest, lambda r: "one\n\ntwo END", by=by)[0] == [(("one",), None)]


def test_what_follows_a_blank_line_is_split_by_the_rules_of_steps(forest):
    text = " \n one \n \n two \n\nthree"
    assert grow(forest, lambda r: text)[0] == [(("one", "two"), None)]


def test_blank_samples_are_left_out_and_counted(forest):
    script = lambda r: "\n\nlate" if r.first == 1 else "soon\n\n."  # noqa: E731
    grown, grower = grow(forest, script, Partial(("a",)), n=3)
    assert grown == [(("a", "soon"), None)]
    assert (grower.spent.blank, grower.spent.duplicates, grower.spent.judged) == (1, 1, 1)


def test_a_server_that_drops_the_blank_line_of_the_prefix_is_found_out(forest):
    with pytest.raises(EngineError, match=r"is blank: .*continuation='template'"):
        grow(forest, lambda r: "\n\nlate", Partial(("a",)), n=3)


def test_limits_on_steps_and_tokens(forest):
    cut = "one two three four five\n\nsix"
    assert grow(forest, lambda r: cut, by=Stepwise(max_step_tokens=3))[0] == [
        (("one two three",), LENGTH)
    ]
    assert grow(forest, lambda r: cut, by=Stepwise(max_steps=1))[0] == [
        (("one two three four five",), LENGTH)
    ]
    by = Stepwise(Sampling(max_tokens=8))
    grown, _ = grow(forest, lambda r: cut, Partial(("a b c",), tokens=3), by=by)
    assert grown == [(("a b c", "one two three four five"), LENGTH)], "8 tokens: nothing may follow"
    grown, grower = grow(forest, lambda r: cut, Partial(("a b c d",), tokens=4), by=by)
    assert grown == [(("a b c d", "one two three four"), LENGTH)]
    assert grower.spent.cut == 1
    grown, _ = grow(forest, lambda r: r"\boxed{1}", by=Stepwise(max_steps=1))
    assert grown == [((r"\boxed{1}",), STOP)], "finished in time"


@pytest.mark.parametrize("which", range(4))
def test_a_cut_step_is_not_taken_while_there_is_a_whole_one(forest, which):
    def write(request):
        if request.first % 2 == 0:
            return "word " * 50
        return forest.answers(2, 3)(replace(request, first=1))

    by = Stepwise(max_step_tokens=9)
    for salt in range(3):
        found = forest.run(strategies(forest.Exact(salt), by)[which], by=Scripted(write))
        assert all("word" not in s.text for s in found if s.finish is STOP)
        assert found[0].finish is STOP


def test_300_steps(forest):
    by = Stepwise(Sampling(10**6), max_steps=300)
    (found,) = forest.run(GuidedGreedy(forest.Flat(), 2, by), by=forest.engine(2, 300))
    assert (found.steps, found.finish) == (forest.steps((0,) * 300, 300), STOP)
    (cut,) = forest.run(GuidedGreedy(forest.Flat(), 2, by), by=forest.engine(2, 301))
    assert (len(cut.steps), cut.finish) == (300, LENGTH)
    wide = TreeSearch(forest.Flat(), 310, 1, by=by)
    assert len(forest.run(wide, by=forest.engine(1, 300))[0].steps) == 300


def test_an_engine_that_counts_no_tokens_leaves_them_unknown(forest):
    def write(request):
        return (
            Completion(r"\boxed{1}", STOP) if request.prefix else Completion("a", STOP, stop="\n\n")
        )

    traced = forest.trace(GuidedGreedy(forest.Exact(), 2), by=Scripted(write))
    assert traced.spent.tokens is None
    assert traced.solutions[0].tokens is None
    assert (traced.spent.calls, traced.spent.samples, traced.spent.rounds) == (2, 4, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"aggregate": "median"}, "last, min, product, mean, got 'median'"),
        ({"max_steps": 0}, "at least 1, got 0"),
        ({"max_step_tokens": 0}, "at least 1"),
        ({"sampling": Sampling(max_tokens=0)}, "at least 1"),
    ],
)
def test_what_is_impossible_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Stepwise(**options)
