"""The scorer through inspect's own API, and in an evaluation that inspect runs offline on outputs that are given."""

import asyncio
import gc
import subprocess
import sys
from dataclasses import dataclass

import pytest

from veriloop.bridges.inspect_ai import scorer
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.records import Verdict
from veriloop.store.rows import from_row
from veriloop.verify.answer import Answer
from veriloop.verify.judge import Judge

WRONG = "<analysis_1>It is 42.</analysis_1><conclusion>Incorrect</conclusion>"


def judged(made, text, target="42", stop="stop", **metadata):
    from inspect_ai.model import ModelName, ModelOutput
    from inspect_ai.scorer import Target
    from inspect_ai.solver import TaskState

    output = ModelOutput.from_content("none", text, stop_reason=stop)
    state = TaskState(ModelName("none/none"), 1, 1, "What is 6 * 7?", [], output=output)
    state.metadata = metadata
    return asyncio.run(made(state, Target(target)))


def test_a_score_has_value_answer_explanation_and_the_whole_verdict():
    score = judged(scorer(Judge(Scripted({}, default=WRONG))), "6 * 7 is 41.\n\nThe answer is 41.")
    assert (score.value, score.answer, score.explanation) == (0.0, "41", WRONG)
    verdict = from_row(Verdict, score.metadata["verdict"])
    assert (verdict.first_error, verdict.step_scores) == (0, (0.0,))
    assert judged(scorer(Answer()), "The answer is 42.").value == 1.0


def test_what_cannot_be_scored_is_unscored_with_whose_fault_it_was():
    for made, text, target, reason in [
        (Judge(Scripted({})), "The answer is 42.", "42", "grader_failed"),
        (Judge(Scripted({}, default="Hm.")), "The answer is 42.", "42", "grader_failed"),
        (Answer(), "", "42", "no_response"),
        (Answer(), "The answer is 42.", "", "scoring_failed"),
    ]:
        score = judged(scorer(made), text, target)
        assert score.value != score.value  # inspect's sign for unscored is NaN
        assert score.reason == reason
        assert from_row(Verdict, score.metadata["verdict"]).unscored is not None


def test_any_of_several_targets_may_be_met():
    made = scorer(Answer())
    assert judged(made, "The answer is 42.", ["41", "42"]).value == 1.0
    assert judged(made, "The answer is 40.", ["41", "42"]).value == 0.0


def test_a_target_that_could_not_be_judged_may_be_the_one_that_is_met():
    """A failure beside a refusal is no 0: the one that failed might have been met."""

    @dataclass(frozen=True)
    class Down:
        lost: str
        name: str = "down"

        async def verify(self, group):
            if group.problem.reference == self.lost:
                raise EngineError("no answer")
            return await Answer(name=self.name).verify(group)

    for targets in (["41", "42"], ["42", "41"]):
        lost = judged(scorer(Down("42")), "The answer is 42.", targets)
        assert (lost.value != lost.value, lost.reason) == (True, "grader_failed")
        assert judged(scorer(Down("41")), "The answer is 42.", targets).value == 1.0
    assert judged(scorer(Answer()), "The answer is 41.", ["42", ""]).value == 0.0


def test_metadata_carries_the_rest_of_the_problem():
    seen = []

    class Watching:
        name = "watching"

        async def verify(self, group):
            seen.append(group)
            return await Answer(name=self.name).verify(group)

    judged(scorer(Watching()), "The ans", stop="max_tokens", tests='[{"input": "1"}]', uid="a")
    (group,) = seen
    assert (group.problem.prompt, group.problem.uid) == ("What is 6 * 7?", "a")
    assert group.problem.tests == ({"input": "1"},)
    assert group.solutions[0].finish == "length"


@pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning")  # inspect's own
def test_inspect_runs_it_and_leaves_the_unscored_out_of_its_metrics(tmp_path):
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import solver

    @solver
    def given():
        async def solve(state, generate):
            state.output = ModelOutput.from_content("none", state.metadata["said"])
            return state

        return solve

    texts = ["The answer is 42.", "The answer is 41.", "The answer is 42.", ""]
    samples = [Sample("What is 6 * 7?", target="42", metadata={"said": text}) for text in texts]
    task = Task(dataset=samples, solver=given(), scorer=scorer(Answer()))
    (log,) = eval(task, model="mockllm/model", log_dir=str(tmp_path), display="none")
    gc.collect()  # its streams go here, and not in the middle of another test
    assert log.status == "success"
    (found,) = log.results.scores
    assert (found.name, found.scored_samples, found.unscored_samples) == ("answer", 3, 1)
    assert found.metrics["accuracy"].value == pytest.approx(2 / 3)
    assert found.metrics["stderr"].value == pytest.approx(1 / 3)  # sqrt(2/9 / 2)


def test_without_inspect_it_says_what_to_install():
    code = (
        "import sys; sys.modules['inspect_ai'] = None; sys.modules['inspect_ai.scorer'] = None\n"
        "from veriloop.bridges.inspect_ai import scorer\n"
        "from veriloop.errors import MissingExtra\n"
        "try: scorer('answer')\n"
        "except MissingExtra as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip().endswith("pip install 'veriloop[inspect]'")
