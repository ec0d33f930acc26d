"""Waiting for a verdict: polls that grow, a judge that forgets, one that never answers."""

import asyncio

from veriloop.bench.codeelo.submitting import Handed, Judgement, Patience, judgement
from veriloop.codejudge.verdicts import Code
from veriloop.errors import EngineTimeout

HANDED = Handed("1A", "cpp", "int main() {}")
QUICK = Patience(total=0.5, first=0.001, growth=2.0, most=0.01)


class Judge:
    """Answers status from a list: a judgement, None for not yet, KeyError for forgotten, an error to raise."""

    name = "judge"
    judgeable = None

    def __init__(self, *answers):
        self.answers, self.waits, self.submitted = list(answers), [], 0

    async def submit(self, handed):
        self.submitted += 1
        return str(self.submitted)

    async def status(self, ticket, *, wait_s=0.0):
        self.waits.append(wait_s)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def problem(self, problem):
        return {}

    async def close(self):
        pass


def wait(judge):
    return asyncio.run(judgement(judge, HANDED, QUICK))


def test_a_verdict_is_waited_for_with_growing_pauses():
    judge = Judge(None, None, None, None, None, None, Judgement(Code.AC, {"x": 1}))
    assert wait(judge) == Judgement(Code.AC, {"x": 1})
    assert judge.waits == [0.001, 0.002, 0.004, 0.008, 0.01, 0.01, 0.01]
    assert judge.submitted == 1


def test_no_verdict_in_time_is_a_judge_error():
    said = wait(Judge(None))
    assert said.code is Code.JE
    assert "no verdict within 0.5 s" in str(said.detail["message"])


def test_a_judge_that_forgot_is_handed_the_program_again_once():
    judge = Judge(KeyError("1"), Judgement(Code.WA))
    assert wait(judge).code is Code.WA
    assert judge.submitted == 2
    assert wait(Judge(KeyError("1"))).code is Code.JE


def test_a_judge_out_of_reach_is_a_judge_error():
    said = wait(Judge(EngineTimeout("gone")))
    assert (said.code, said.detail["message"]) == (Code.JE, "gone")
