import asyncio
import importlib.util
import math
import pickle
from pathlib import Path

import pytest

from veriloop.engines.outcome_reward import OutcomeModel
from veriloop.records import NO_ERROR, Form, Granularity, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify.outcome import Outcome

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).parents[1] / "engines" / "tiny_published.py"
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
tiny = published.tiny


@pytest.fixture(scope="module", params=[1, 2])
def checkpoint(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("orm")
    return published.classifier(path, labels=request.param, kind="Sequence", seed=31)


def group(*solutions, text=tiny.PROBLEM):
    problem = Problem("math", text)
    return Group(problem, tuple(Solution(problem.id, tuple(steps)) for steps in solutions))


def verify(verifier, *groups):
    async def run():
        return await asyncio.gather(*(verifier.verify(g) for g in groups))

    return asyncio.run(run())


def test_of_whole_answers_it_gives_the_models_own_number(checkpoint):
    model = OutcomeModel.load(checkpoint)
    (verdicts,) = verify(Outcome(str(checkpoint), name="mine"), group(*tiny.SOLUTIONS))
    for steps, verdict in zip(tiny.SOLUTIONS, verdicts, strict=True):
        ((number,),) = model.logits([model.prefixes(tiny.PROBLEM, steps)[-1:]])
        assert verdict.value == pytest.approx(number, abs=1e-5)
        assert (verdict.verifier, verdict.form) == ("mine", Form.SCORE)
        assert (verdict.granularity, verdict.step_scores) == (Granularity.TRAJECTORY, ())
        assert verdict.first_error is None


def test_of_steps_it_gives_the_squashed_number_of_every_prefix(checkpoint):
    model = OutcomeModel.load(checkpoint)
    numbers = model.logits([model.prefixes(tiny.PROBLEM, steps) for steps in tiny.SOLUTIONS])
    flat = sorted(1 / (1 + math.exp(-x)) for row in numbers for x in row)
    threshold = flat[len(flat) // 3]
    orm = Outcome(str(checkpoint), granularity="step", threshold=threshold)
    (verdicts,) = verify(orm, group(*tiny.SOLUTIONS))
    for row, verdict in zip(numbers, verdicts, strict=True):
        squashed = [1 / (1 + math.exp(-x)) for x in row]
        assert verdict.step_scores == pytest.approx(squashed, abs=1e-5)
        assert verdict.value == pytest.approx(row[-1], abs=1e-5)
        below = [i for i, score in enumerate(verdict.step_scores) if score <= threshold]
        assert verdict.first_error == (below[0] if below else NO_ERROR)
        assert verdict.granularity is Granularity.STEP
    assert len({v.first_error for v in verdicts}) > 1


@pytest.mark.parametrize("granularity", ["trajectory", "step"])
def test_it_keeps_the_contract_and_loses_nothing_to_a_bad_neighbour(checkpoint, granularity):
    orm = Outcome(str(checkpoint), granularity=granularity)
    asyncio.run(check_verifier(orm, [group(*tiny.SOLUTIONS)]))
    long = ("many words " * 200,)
    (verdicts,) = verify(orm, group((), tiny.STEPS, long, tiny.STEPS[:1]))
    assert [v.unscored for v in verdicts] == [Unscored.EMPTY, None, Unscored.TRUNCATED, None]
    assert verdicts[2].detail["error"].endswith("the model reads at most 256")
    ((alone,),) = verify(orm, group(tiny.STEPS))
    assert verdicts[1].value == pytest.approx(alone.value, abs=1e-5)


def test_an_order_survives_the_squashing():
    from veriloop.verify.outcome import _sigmoid

    numbers = [-800.0, -36.0, -1.0, 0.0, 1e-9, 1.0, 30.0, 36.0]
    squashed = [_sigmoid(x) for x in numbers]
    assert squashed == sorted(set(squashed))
    assert squashed[3] == 0.5
    assert _sigmoid(800.0) == 1.0


def test_records_do_not_know_the_folder_and_the_repr_rebuilds(checkpoint):
    orm = Outcome(str(checkpoint), granularity="step", system="Be brief.", threshold=0.25)
    ((verdict,),) = verify(orm, group(tiny.STEPS))
    assert str(checkpoint) not in verdict.made_by
    assert "system='Be brief.'" in verdict.made_by
    assert str(checkpoint) not in str(orm.fingerprint())
    assert orm.fingerprint() != Outcome(str(checkpoint), granularity="step").fingerprint()
    assert eval(repr(orm)) == orm == pickle.loads(pickle.dumps(orm))
    ((plain,),) = verify(Outcome(str(checkpoint), granularity="step"), group(tiny.STEPS))
    assert plain.step_scores != verdict.step_scores
    with pytest.raises(ValueError, match="trajectory or step"):
        Outcome("x", granularity="token")
