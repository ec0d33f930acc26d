"""Judgements as verdicts and back; what cannot be read is no zero."""

import asyncio

import pytest

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.outcomes import UNJUDGED, Judged
from veriloop.bench.pmmeval.prompting import asked
from veriloop.bench.pmmeval.scorers import JUDGES, Scorer, judge_of, judged_of, task_of, verdict_of
from veriloop.bench.pmmeval.tasks import TASKS
from veriloop.errors import InputError
from veriloop.records import Finish, Group, Problem, Solution, Unscored

PROBLEM = asked(Item("mgsm", "es", 0, {"question": "¿Cuánto es mil más uno?"}, "1001", "m-0"), "en")


def verdict(text, finish=Finish.STOP):
    solution = Solution(PROBLEM.id, (text,) if text else (), finish)
    (found,) = asyncio.run(Scorer("fixed").verify(Group(PROBLEM, (solution,))))
    return found


def test_every_task_but_code_has_a_judge():
    assert set(JUDGES) == set(TASKS) - {"humaneval_xl"}
    assert all(callable(judge_of(task)) for task in JUDGES)
    with pytest.raises(InputError, match="not judged as text"):
        judge_of("humaneval_xl")


def test_values_and_reasons():
    right = verdict("La respuesta es 1.001")
    assert (right.value, right.verifier, right.trained) == (1.0, "pmmeval-fixed", False)
    assert judged_of(right).span == (16, 21)
    assert verdict("La respuesta es 1,01").value == 0.0
    for text, finish, why in (
        ("no sé", Finish.STOP, Unscored.UNPARSED),
        ("no sé", Finish.LENGTH, Unscored.TRUNCATED),
        ("", Finish.STOP, Unscored.EMPTY),
    ):
        found = verdict(text, finish)
        assert (found.value, found.unscored) == (None, why)
        assert judged_of(found).reason


def test_what_the_limit_cut_is_judged_as_cut():
    cut = verdict("Primero, 16 - 3 = 13, y entonces", Finish.LENGTH)
    assert (cut.value, cut.unscored, judged_of(cut).reason) == (None, Unscored.TRUNCATED, "cut off")
    assert verdict("Primero, 16 - 3 = 13, y entonces").value == 0.0
    assert verdict("La respuesta es 1.001. Veamos", Finish.LENGTH).value == 1.0


@pytest.mark.parametrize(
    "judged",
    [
        Judged(1.0, "", "box", "18", (0, 2), {"loose": 1}),
        Judged(0.5, "", "window", None, None, {"counts": {"total": [1, 2]}}),
        Judged(None, "no number"),
        Judged(None, UNJUDGED, "block"),
    ],
)
def test_what_was_said_comes_back(judged):
    made = verdict_of(Scorer("official"), Solution(PROBLEM.id, ("x",)), judged)
    assert judged_of(made) == judged


def test_another_benchmarks_problem_is_refused():
    with pytest.raises(InputError, match="no task of P-MMEval"):
        task_of(Problem("gsm8k", "p"))
