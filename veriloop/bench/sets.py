r"""The problem sets of the paper's Best-of-N: how many rows, which columns, which rule its answers are judged by.

Source: "The Lessons of Developing Process Reward Models" (https://arxiv.org/abs/2501.07301), section 2.2 and appendix
B.4; files, columns and prompts from QwenLM/Qwen2.5-Math @ a45202b, ``evaluation/``. No set ships with the package: name
its file. A rule goes onto the problem itself (``veriloop.text.answer_rules``), so whatever reads the problem uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.problems import read_problems
from veriloop.store.quarantine import Quarantine
from veriloop.text.answer_rules import AnswerRule, choice_rule
from veriloop.text.chats import QWEN_MATH_SYSTEM

ROUNDED = 1e-4  # relative: the official evaluation's tolerance, here only where a side is a decimal


@final
@dataclass(frozen=True)
class ProblemSet:
    """One set. ``rows`` is how many the paper counts; ``rule`` gives a problem's rule where its columns gave none.

    ``shots`` is how many examples the official evaluation shows before the question (0: none); Veriloop shows none.
    """

    title: str
    rows: int
    file: str
    columns: str
    rules: str
    rule: Callable[[Problem], AnswerRule] | None = None
    language: str = "en"
    instruction: str = QWEN_MATH_SYSTEM
    shots: int = 0


def _plain(**options: object) -> Callable[[Problem], AnswerRule]:
    """A choice where the reference is a letter of an option that the problem lists, else a rule with these options."""
    otherwise = AnswerRule(**options)  # type: ignore[arg-type]

    def rule(problem: Problem) -> AnswerRule:
        return choice_rule(problem.text, problem.reference or "") or otherwise

    return rule


_LETTER = "a letter where the problem lists options; else "
_LIST = "several answers in any order; a unit may follow"
_BLANKS = "several blanks in their order; a unit may follow; 10 % is 10"

SETS: dict[str, ProblemSet] = {
    "aime24": ProblemSet(
        "AIME 2024", 30, "aime24/test.jsonl", "problem, answer", "a unit may follow", _plain(units=True)
    ),
    "amc23": ProblemSet(
        "AMC 2023", 40, "amc23/test.jsonl", "problem, answer", "a unit may follow", _plain(units=True)
    ),
    "cmath": ProblemSet(
        "CMATH",
        600,
        "cmath/test.jsonl",
        "question, answer",
        "a unit may follow; 10 % is 10",
        _plain(units=True, percent=True),
        language="zh",
    ),
    "cn_middle_school_24": ProblemSet(
        "CN Middle School 24",
        101,
        "cn_middle_school/test.jsonl",
        "question, choice_answer, answer",
        f"letters where there are any; else {_BLANKS}",
        language="zh",
        shots=5,
    ),
    "college_math": ProblemSet(
        "College Math",
        2818,
        "college_math/test.jsonl",
        "question, answer",
        f"{_LIST}; 1e-4 on decimals; 10 % is 10; either side of 'x<2: (-oo,2)' and of an approximation",
        _plain(several="any", units=True, relative=ROUNDED, percent=True, ways=True),
    ),
    "gaokao2023en": ProblemSet(
        "GaoKao 2023 En",
        385,
        "gaokao2023en/test.jsonl",
        "question, answer",
        f"{_LETTER}{_LIST}; 1e-4 on decimals; 10 % is 10",
        _plain(several="any", units=True, relative=ROUNDED, percent=True),
    ),
    "gaokao2024_i": ProblemSet(
        "GaoKao 2024 I",
        14,
        "gaokao2024_I/test.jsonl",
        "question, answer",
        f"letters where there are options; else {_BLANKS}",
        _plain(several="fixed", units=True, percent=True),
        language="zh",
        shots=5,
    ),
    "gaokao2024_ii": ProblemSet(
        "GaoKao 2024 II",
        14,
        "gaokao2024_II/test.jsonl",
        "question, answer",
        f"letters where there are options; else {_BLANKS}",
        _plain(several="fixed", units=True, percent=True),
        language="zh",
        shots=5,
    ),
    "gaokao2024_mix": ProblemSet(
        "GaoKao 2024 mix",
        91,
        "gaokao2024_mix/test.jsonl",
        "question, choice_answer, answer",
        f"letters where there are any; else {_BLANKS}",
        language="zh",
        shots=5,
    ),
    "gaokao_math_cloze": ProblemSet(
        "GaoKao cloze",
        118,
        "gaokao_math_cloze/test.jsonl",
        "question, answer",
        "several blanks in their order; a unit may follow",
        language="zh",
    ),
    "gaokao_math_qa": ProblemSet(
        "GaoKao choice",
        351,
        "gaokao_math_qa/test.jsonl",
        "question, options, label",
        "letters, several for some",
        language="zh",
        shots=5,
    ),
    "gsm8k": ProblemSet(
        "GSM8K", 1319, "gsm8k/test.jsonl", "question, answer", "a unit may follow", _plain(units=True)
    ),
    "math": ProblemSet(
        "MATH", 5000, "math/test.jsonl", "problem, solution", _LETTER + _LIST, _plain(several="any", units=True)
    ),
    "math500": ProblemSet(
        "MATH500", 500, "(openreasoner/openr)", "problem, answer", _LETTER + _LIST, _plain(several="any", units=True)
    ),
    "minerva_math": ProblemSet(
        "Minerva Math",
        272,
        "minerva_math/test.jsonl",
        "problem, solution",
        "a unit may follow; 1e-4 on decimals; 4.5e33 and np.arcsin are read as mathematics",
        _plain(several="any", units=True, relative=ROUNDED),
    ),
    "mmlu_stem": ProblemSet(
        "MMLU STEM",
        3018,
        "mmlu_stem/test.jsonl",
        "question, choices, answer",
        "the letter, or the option's text",
        shots=5,
    ),
    "olympiadbench": ProblemSet(
        "OlympiadBench",
        675,
        "olympiadbench/test.jsonl",
        "question, final_answer, is_multiple_answer, unit, error",
        "by its columns: several answers in any order, the unit (another one is wrong), an absolute error",
    ),
}  # fmt: skip

ENGLISH = (
    "gsm8k", "math", "minerva_math", "gaokao2023en", "olympiadbench", "college_math", "mmlu_stem",
)  # fmt: skip
CHINESE = (
    "cmath", "cn_middle_school_24", "gaokao2024_i", "gaokao2024_ii", "gaokao2024_mix", "gaokao_math_cloze",
    "gaokao_math_qa",
)  # fmt: skip


@final
@dataclass(frozen=True)
class ReadSet:
    """The problems of a set, what was set aside, and how the count compares with the paper's."""

    name: str
    problems: tuple[Problem, ...]
    quarantine: Quarantine

    @property
    def complete(self) -> bool:
        """Are there as many rows as the paper counts, those set aside included?"""
        return len(self.problems) + len(self.quarantine) == SETS[self.name].rows

    def summary(self) -> str:
        """``minerva_math: 272 problems``, and what is missing or was set aside."""
        shown = f"{self.name}: {len(self.problems):,} problems"
        if len(self.quarantine):
            shown += f"; {self.quarantine.summary()}"
        expected = SETS[self.name].rows
        return shown if self.complete else f"{shown}; the paper's set has {expected:,} rows"


def read_set(name: str, source: str | Path, *, limit: int | None = None) -> ReadSet:
    """The set's problems with the rules of their answers on them; ``task`` is the set's name.

    Raises InputError on an unknown name, an unknown layout or a source without a good row.
    """
    if name not in SETS:
        raise InputError(f"no set {name!r}; there are {', '.join(SETS)}")
    spec = SETS[name]
    found, quarantine = read_problems(source, task=name, limit=limit)
    return ReadSet(name, tuple(with_rule(problem, spec) for problem in found), quarantine)


def with_rule(problem: Problem, spec: ProblemSet) -> Problem:
    """The problem in the set's language, with the rule of its answer where its columns gave none."""
    problem = replace(problem, language=spec.language)
    if spec.rule is None or AnswerRule.of(problem) is not None:
        return problem
    told = spec.rule(problem).to_instruction()
    return replace(problem, instructions=(*problem.instructions, told))
