import asyncio
import importlib.util
import math
import pickle
import shutil
from pathlib import Path

import pytest

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.token_features import SHARED
from veriloop.errors import InputError
from veriloop.records import (
    NO_ERROR,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Unscored,
)
from veriloop.testing import check_verifier
from veriloop.verify.process import Process, aggregate

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).parents[1] / "engines" / "tiny_published.py"
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
tiny = published.tiny


@pytest.fixture(scope="module", params=["linear", "surprise"])
def checkpoint(request, tmp_path_factory):
    base = tiny.save_checkpoint(tmp_path_factory.mktemp("base"))
    out = tmp_path_factory.mktemp("prm")
    ProcessRewardModel.create(base, head=request.param, seed=4).save(out)
    return out


def group(*solutions, text=tiny.PROBLEM):
    problem = Problem("math", text)
    return Group(problem, tuple(Solution(problem.id, tuple(steps)) for steps in solutions))


def verify(verifier, *groups):
    async def run():
        return await asyncio.gather(*(verifier.verify(g) for g in groups))

    return asyncio.run(run())


def test_a_verdict_tells_steps_value_and_first_error(checkpoint):
    model = ProcessRewardModel.load(checkpoint)
    asked = group(*tiny.SOLUTIONS)
    flat = sorted(
        s for steps in tiny.SOLUTIONS for s in model.score([model.encode(tiny.PROBLEM, steps)])[0]
    )
    threshold = flat[len(flat) // 3]
    (verdicts,) = verify(Process(str(checkpoint), name="mine", threshold=threshold), asked)
    for solution, verdict in zip(asked.solutions, verdicts, strict=True):
        (alone,) = model.score([model.encode(tiny.PROBLEM, solution.steps)])
        assert verdict.step_scores == pytest.approx(alone, abs=1e-5)
        assert verdict.value == pytest.approx(math.prod(alone), abs=1e-5)
        below = [i for i, score in enumerate(verdict.step_scores) if score < threshold]
        assert verdict.first_error == (below[0] if below else NO_ERROR)
        assert (verdict.problem, verdict.solution) == (asked.problem.id, solution.id)
        assert (verdict.verifier, verdict.form) == ("mine", Form.SCORE)
        assert verdict.granularity is Granularity.STEP
        assert verdict.cost.prompt_tokens == len(model.encode(tiny.PROBLEM, solution.steps).ids)
    assert len({v.first_error for v in verdicts}) > 1


@pytest.mark.parametrize(("how", "value"), [("product", 0.3), ("min", 0.5), ("last", 0.75)])
def test_aggregates_by_hand(how, value):
    assert aggregate((0.5, 0.8, 0.75), how) == pytest.approx(value)


def test_a_product_of_many_small_scores_keeps_its_order():
    assert 0 < aggregate([1e-5] * 60, "product") < aggregate([2e-5] * 60, "product")
    assert aggregate((0.0, 1.0), "product") == 0


def test_the_value_is_the_chosen_aggregate(checkpoint):
    for how, expected in (("min", min), ("last", lambda scores: scores[-1])):
        ((verdict,),) = verify(Process(str(checkpoint), aggregate=how), group(tiny.STEPS))
        assert verdict.value == expected(verdict.step_scores)
    with pytest.raises(ValueError, match="product, min or last"):
        Process(str(checkpoint), aggregate="mean")


def test_what_cannot_be_scored_has_a_reason_and_harms_nobody(checkpoint):
    verifier = Process(str(checkpoint))
    long = ("many words " * 200,)
    (verdicts,) = verify(verifier, group((), tiny.STEPS, ("a", "b<extra_0>"), long, tiny.STEPS[:1]))
    assert [v.unscored for v in verdicts] == [
        Unscored.EMPTY, None, Unscored.SEPARATOR, Unscored.TRUNCATED, None,
    ]  # fmt: skip
    lost = [v for v in verdicts if v.unscored]
    assert all(v.value is None and v.first_error is None and v.step_scores == () for v in lost)
    assert verdicts[2].detail["error"] == "step 1 holds the separator '<extra_0>'"
    assert verdicts[3].detail["error"].endswith("the model reads at most 256")
    ((alone,),) = verify(verifier, group(tiny.STEPS))
    assert verdicts[1].step_scores == pytest.approx(alone.step_scores, abs=1e-5)


def test_groups_asked_for_together_are_answered_as_if_each_were_alone(checkpoint):
    groups = [group(*tiny.SOLUTIONS, text=f"{tiny.PROBLEM} Case {i}.") for i in range(12)]
    together = verify(Process(str(checkpoint)), *groups)
    for asked, verdicts in zip(reversed(groups), reversed(together), strict=True):
        assert [v.solution for v in verdicts] == [s.id for s in asked.solutions]
        SHARED.__init__()  # nothing remembered
        assert verify(Process(str(checkpoint)), asked) == [verdicts]  # to the last bit


def test_one_verifier_serves_one_event_loop_after_another(checkpoint):
    verifier = Process(str(checkpoint))
    assert verify(verifier, group(tiny.STEPS)) == verify(verifier, group(tiny.STEPS))


def test_whoever_gives_up_waiting_stops_nobody_else(checkpoint):
    verifier = Process(str(checkpoint))

    async def run():
        first = asyncio.create_task(verifier.verify(group(tiny.STEPS)))
        second = asyncio.create_task(verifier.verify(group(tiny.STEPS[:2])))
        await asyncio.sleep(0)
        first.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    gone, kept = asyncio.run(run())
    assert isinstance(gone, asyncio.CancelledError)
    assert len(kept[0].step_scores) == 2


def test_a_folder_that_is_no_reward_model_fails_for_everyone_who_asked(tmp_path):
    base = tiny.save_checkpoint(tmp_path)

    async def run():
        asked = (Process(str(base)).verify(group(tiny.STEPS)) for _ in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    errors = asyncio.run(run())
    assert all(isinstance(error, InputError) for error in errors)
    assert "not a process reward model" in str(errors[0])


def test_score_steps_answers_in_order_with_reasons(checkpoint):
    verifier = Process(str(checkpoint))
    items = [(tiny.PROBLEM, steps) for steps in (tiny.STEPS, (), tiny.STEPS[:1], ("<extra_0>",))]
    scores = verifier.score_steps(items)
    assert scores[1::2] == [Unscored.EMPTY, Unscored.SEPARATOR]
    assert [len(scores[0]), len(scores[2])] == [3, 1]
    assert scores[2][0] == pytest.approx(scores[0][0], abs=1e-5)
    assert all(0 < score < 1 for score in scores[0])
    assert verifier.score_steps([]) == []


def test_a_chat_is_judged_by_its_last_user_turn(checkpoint):
    chat = Problem("math", (Message("user", "Hello"), Message("user", tiny.PROBLEM)))
    asked = Group(chat, (Solution(chat.id, tiny.STEPS),))
    verifier = Process(str(checkpoint))
    (a,), (b,) = verify(verifier, asked, group(tiny.STEPS))
    assert a.step_scores == pytest.approx(b.step_scores, abs=1e-6)


def test_records_do_not_know_the_folder_and_the_repr_rebuilds(checkpoint):
    verifier = Process(str(checkpoint), threshold=0.25)
    ((verdict,),) = verify(verifier, group(tiny.STEPS))
    assert str(checkpoint) not in verdict.made_by
    assert "threshold=0.25" in verdict.made_by
    assert eval(repr(verifier)) == verifier == pickle.loads(pickle.dumps(verifier))


def test_its_fingerprint_follows_the_weights_and_not_the_folder(checkpoint, tmp_path):
    copy = shutil.copytree(checkpoint, tmp_path / "copy")
    known = Process(str(checkpoint)).fingerprint()
    assert Process(str(copy)).fingerprint() == known
    assert Process(str(copy), threshold=0.1).fingerprint() != known
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert Process(str(copy)).fingerprint() != known


# Models that others published


@pytest.mark.parametrize(
    ("made", "layout", "separator"),
    [
        (published.shepherd, "math-shepherd", "ки"),
        (published.skywork, "auto", None),
        (published.classifier, "auto", None),
    ],
)
def test_published_models_are_verifiers_like_ours(tmp_path, made, layout, separator):
    verifier = Process(str(made(tmp_path)), layout=layout, threshold=0.3)
    asyncio.run(check_verifier(verifier, [group(*tiny.SOLUTIONS)]))
    bad = ((), tiny.STEPS, (f"a {separator or 'x'} b",), ("many words " * 200,), tiny.STEPS[:1])
    (verdicts,) = verify(verifier, group(*bad))
    held = Unscored.SEPARATOR if separator else None
    assert [v.unscored for v in verdicts] == [Unscored.EMPTY, None, held, Unscored.TRUNCATED, None]
    first, *_ = verdicts[1].step_scores
    assert verdicts[4].step_scores == (pytest.approx(first, abs=1e-5),)
    assert ("layout='math-shepherd'" in verdicts[1].made_by) == (layout != "auto")


def test_300_steps_of_unicode_are_300_scores_or_a_reason(tmp_path):
    steps = tuple(f"Ш{i} 🙂" for i in range(300))
    base = tiny.save_checkpoint(tmp_path / "base", max_position_embeddings=8192)
    ProcessRewardModel.create(base).save(tmp_path / "long")
    ((verdict,),) = verify(Process(str(tmp_path / "long")), group(steps))
    assert len(verdict.step_scores) == 300
    model = ProcessRewardModel.load(tmp_path / "long")
    for i in (0, 90, 299):
        (alone,) = model.score([model.encode(tiny.PROBLEM, steps[: i + 1])])
        assert verdict.step_scores[i] == pytest.approx(alone[-1], abs=1e-5)
    short = tiny.save_checkpoint(tmp_path / "base", max_position_embeddings=2048)
    ProcessRewardModel.create(short).save(tmp_path / "short")
    ((verdict,),) = verify(Process(str(tmp_path / "short")), group(steps))
    assert (verdict.unscored, verdict.step_scores) == (Unscored.TRUNCATED, ())


def test_a_layout_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="layout is one of auto"):
        Process("x", layout="linear")
    whole = published.classifier(tmp_path, kind="Sequence")
    with pytest.raises(InputError, match="orm:PATH"):
        verify(Process(str(whole)), group(tiny.STEPS))
