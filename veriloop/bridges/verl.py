"""A verifier as verl's ``compute_score``, for ``custom_reward_function`` (one sample a call, or a batch).

verl knows no "cannot score": what becomes of such a sample is the caller's choice and is said in the result. Written to
verl's documented signatures; verl itself is not imported here. Some of its batch reward managers take an exception, and
a result that is no number, for zeros: there give ``unscored`` a number, and ``numbers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

from veriloop.bridges.judging import judge_all, wait, why_not
from veriloop.bridges.rows import problem_of, solution_of
from veriloop.errors import InputError, VerifierError
from veriloop.protocols import Verifier
from veriloop.records import Problem, Solution, Verdict
from veriloop.verify.opening import open_verifier

Verifiers: TypeAlias = "Verifier | str | Mapping[str, Verifier | str]"
Score: TypeAlias = "dict[str, float | str] | float"


def score_function(
    verifier: Verifiers,
    *,
    unscored: float | Literal["raise"],
    columns: Mapping[str, str] | None = None,
    numbers: bool = False,
) -> Callable[..., Score]:
    """``compute_score(data_source, solution_str, ground_truth, extra_info=None) -> {"score", "scored", ...}``.

    ``verifier`` is one for all, or one for each data source; a text is for ``open_verifier``. ``unscored`` is the score
    of a sample that cannot be scored, for which ``scored`` is 0 and ``unscored`` the reason, or "raise", which raises
    VerifierError. The problem is made of ``extra_info`` (see ``rows.COLUMNS``), with the ground truth as its reference
    and the data source as its task. One sample is a group of its own: a verifier that ranks cannot score it; take
    ``batch_score_function``. With ``numbers`` the result is the score alone.
    """
    how = _Scoring(_opened(verifier), unscored, columns, numbers)

    def compute_score(
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
    ) -> Score:
        return how.scores([data_source], [solution_str], [ground_truth], [extra_info])[0]

    return compute_score


def batch_score_function(
    verifier: Verifiers,
    *,
    unscored: float | Literal["raise"],
    columns: Mapping[str, str] | None = None,
    numbers: bool = False,
) -> Callable[..., list[Score]]:
    """``compute_score(data_sources, solution_strs, ground_truths, extra_infos)``, for verl's batch reward manager:
    as ``score_function``, samples of one problem judged as a group.
    """
    how = _Scoring(_opened(verifier), unscored, columns, numbers)

    def compute_score(
        data_sources: Sequence[str],
        solution_strs: Sequence[str],
        ground_truths: Sequence[Any],
        extra_infos: Sequence[Mapping[str, Any] | None],
    ) -> list[Score]:
        return how.scores(data_sources, solution_strs, ground_truths, extra_infos)

    return compute_score


def _opened(verifier: Verifiers) -> Verifier | Mapping[str, Verifier]:
    if isinstance(verifier, Mapping):
        return {source: open_verifier(one) for source, one in verifier.items()}
    return open_verifier(verifier)


@final
@dataclass(frozen=True)
class _Scoring:
    verifier: Verifier | Mapping[str, Verifier]
    unscored: float | Literal["raise"]
    columns: Mapping[str, str] | None
    numbers: bool

    def scores(
        self,
        sources: Sequence[str],
        texts: Sequence[str],
        truths: Sequence[Any],
        extras: Sequence[Mapping[str, Any] | None],
    ) -> list[Score]:
        found: list[Score] = [0.0] * len(texts)  # all of them are filled below
        by_source: dict[str, list[int]] = {}
        for place, source in enumerate(sources):
            by_source.setdefault(source, []).append(place)
        for source, places in by_source.items():
            verifier, items = self._of(source), []
            for place in places:
                row = {**(extras[place] or {}), "reference": truths[place], "task": source}
                items.append(self._item(row, texts[place]))
            judged = wait(judge_all(verifier, items))
            for place, (verdict, reward) in zip(places, judged, strict=True):
                found[place] = self._score(verdict, reward)
        return found

    def _of(self, source: str) -> Verifier:
        if not isinstance(self.verifier, Mapping):
            return self.verifier
        if source not in self.verifier:
            known = ", ".join(sorted(self.verifier))
            raise InputError(f"no verifier for the data source {source!r}: there are {known}")
        return self.verifier[source]

    def _item(self, row: Mapping[str, Any], text: str) -> tuple[Problem, Solution]:
        problem = problem_of(row, self.columns)
        return problem, solution_of(problem, text)

    def _score(self, verdict: Verdict, reward: float | None) -> Score:
        reason = why_not(verdict, reward)
        if reward is None and self.unscored == "raise":
            told = verdict.detail.get("error", "")
            raise VerifierError(
                f"{verdict.verifier} cannot score a sample ({reason}): {told}".rstrip(": ")
            )
        score = self.unscored if reward is None else reward
        if self.numbers:
            return float(score)
        return {"score": float(score), "scored": float(reward is not None), "unscored": reason}
