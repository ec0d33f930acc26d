"""Contamination guard: training examples whose problem stands in an evaluation set are left out, and counted.

Source: ProcessBench (arXiv 2412.06559), appendix C: training samples whose problem occurs in it are removed;
how sameness was judged is not reported there. Here a problem is the same as one of an evaluation set where
their words are equal (``veriloop.text.overlap``), or where runs of ``n`` or more common words make up a share
of at least ``overlap`` of the shorter text, and the numbers and pictures of the shorter all stand in the longer.
``docs/scale.md`` says what was measured to choose them. Reading evaluation sets is ``veriloop.store``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

from veriloop.errors import InputError
from veriloop.ids import Json, content_id, describe
from veriloop.protocols import Feedback, Kept
from veriloop.records import Dropped, Example, Group, Problem, Prompt
from veriloop.text.overlap import Ngrams, telling, words

SAME, NEAR = "same text", "near-duplicate"
_BATCH = 512  # texts looked up at once; their n-grams and matches take a few MB


@final
@dataclass(frozen=True)
class EvaluationSet:
    """Problems that nothing may be trained on, and what they are called."""

    name: str
    problems: tuple[Problem, ...]


@final
@dataclass(frozen=True)
class Match:
    """A problem of evaluation sets that a text repeats: by which ``rule``, in which ``sets``, its id.

    ``overlap`` is the share of the shorter text in common runs of words; 1 for the same text.
    """

    rule: str
    sets: tuple[str, ...]
    problem: str
    overlap: float


@final
@dataclass(frozen=True)
class Guard:
    """Finds problems of evaluation sets in other texts.

    ``n`` is the shortest run of words that counts, ``overlap`` the share of the shorter text that must stand in
    such runs; texts of fewer than ``n`` words are compared as wholes. The same story with other numbers is
    another problem, unless ``variants`` says that it is not.
    """

    against: tuple[EvaluationSet, ...]
    n: int = 8
    overlap: float = 0.8
    variants: bool = False
    _problems: list[tuple[str, dict[str, None]]] = field(
        default_factory=list[tuple[str, dict[str, None]]], init=False, repr=False, compare=False
    )  # of each distinct text, the id of its first problem, and the sets that hold it

    def __post_init__(self) -> None:
        if not any(one.problems for one in self.against):
            raise InputError("a guard needs problems to guard against", field="against")
        if self.n < 2 or not 0 < self.overlap <= 1:
            raise InputError(
                f"give n >= 2 and 0 < overlap <= 1, got n={self.n} and overlap={self.overlap}",
                field="n" if self.n < 2 else "overlap",
            )

    def fingerprint(self) -> Json:
        """What decides its answers: the rule, and the ids of the problems it guards against."""
        sets: list[Json] = [
            [one.name, len(one.problems), content_id("set", *(p.id for p in one.problems))]
            for one in self.against
        ]
        return ["Guard", self.n, self.overlap, self.variants, sets]

    def match(self, text: str) -> Match | None:
        """The evaluation problem that ``text`` repeats, if any."""
        return self.matches([text])[0]

    def matches(self, texts: Sequence[str]) -> list[Match | None]:
        """The same for many texts, much faster; a text that comes again is looked up once."""
        distinct = list(dict.fromkeys(texts))
        found: dict[str, Match | None] = {}
        for start in range(0, len(distinct), _BATCH):
            batch = distinct[start : start + _BATCH]
            found.update(zip(batch, self._look_up(batch), strict=True))
        return [found[text] for text in texts]

    def keep(self, examples: Sequence[Example], first: int = 1) -> list[Kept]:
        """Each example kept, or dropped with the evaluation problem that its prompt repeats.

        ``first`` is the row of the first, and every Dropped tells its row.
        """
        matches = self.matches([problem_text(example.prompt) for example in examples])
        return [
            Kept((example,)) if match is None else Kept((), (_dropped(example, match, row),))
            for row, (example, match) in enumerate(zip(examples, matches, strict=True), first)
        ]

    def _look_up(self, texts: Sequence[str]) -> list[Match | None]:
        given = [words(text, numbers=not self.variants) for text in texts]
        same = [self._known.get(text) for text in given]
        other = [i for i, number in enumerate(same) if number is None]
        near = self._ngrams.overlaps([given[i] for i in other], self.overlap)
        made = [None if number is None else self._match(SAME, number, 1.0) for number in same]
        for i, overlaps in zip(other, near, strict=True):
            for overlap in overlaps:
                if self._agree(given[i], self._ngrams.documents[overlap.document]):
                    made[i] = self._match(NEAR, overlap.document, overlap.share)
                    break
        return made

    def _agree(self, one: tuple[str, ...], other: tuple[str, ...]) -> bool:
        """True where what the shorter says in numbers and pictures stands in the longer."""
        shorter, longer = sorted((one, other), key=len)
        return telling(shorter) <= telling(longer)

    def _match(self, rule: str, number: int, overlap: float) -> Match:
        problem, sets = self._problems[number]
        return Match(rule, tuple(sets), problem, overlap)

    @cached_property
    def _known(self) -> dict[tuple[str, ...], int]:
        """Numbers of the distinct texts of all sets; a problem without words is none."""
        known: dict[tuple[str, ...], int] = {}
        for one in self.against:
            for problem in one.problems:
                text = words(problem.text, numbers=not self.variants)
                number = known.setdefault(text, len(known))
                if number == len(self._problems):
                    self._problems.append((problem.id, {}))
                self._problems[number][1][one.name] = None
        known.pop((), None)
        return known

    @cached_property
    def _ngrams(self) -> Ngrams:
        # A problem without words has a number, but no place among the texts.
        texts: list[tuple[str, ...]] = [()] * len(self._problems)
        for text, number in self._known.items():
            texts[number] = text
        return Ngrams(self.n, tuple(texts))


@final
@dataclass(frozen=True)
class Guarded:
    """Another feedback whose examples are left out where the group's problem stands in an evaluation set."""

    made: Feedback
    guard: Guard

    def fingerprint(self) -> Json:
        """What decides its examples."""
        own = getattr(self.made, "fingerprint", None)
        made: Any = own() if callable(own) else describe(self.made)
        return ["Guarded", made, self.guard.fingerprint()]

    def feedback(self, group: Group) -> Kept:
        """What the other feedback makes of the group, or every example of it dropped with the match."""
        kept = self.made.feedback(group)
        match = self.guard.match(group.problem.text) if kept.examples else None
        if match is None:
            return kept
        return Kept((), (*kept.dropped, *(_dropped(e, match) for e in kept.examples)))


def left_out(
    match: Match, *, what: str, source: str = "", row: int | None = None, example: str | None = None
) -> Dropped:
    """What is left of a row that repeats an evaluation problem: why, which problem, and how much of it."""
    detail: dict[str, Json] = {
        "rule": match.rule,
        "sets": list(match.sets),
        "problem": match.problem,
        "overlap": round(match.overlap, 4),
    }
    if example is not None:
        detail["example"] = example
    return Dropped(what, f"{match.rule} in {match.sets[0]}", source, row, detail)


def _dropped(example: Example, match: Match, row: int | None = None) -> Dropped:
    name = example.id
    what = example.solutions[0] if example.solutions else name
    return left_out(match, what=what, source=example.problem, row=row, example=name)


def problem_text(prompt: Prompt) -> str:
    """The text that states the problem: the prompt, or the last user turn of a chat."""
    return Problem("", prompt).text
