"""The items of a P-MMEval page: prompt, answer, and what each scoring read and said, from what was measured.

Answers to the same item stand side by side, so that they pack small. Where there are more than a page holds, those that
tell most are kept: verdicts that change, answers that could not be read; the others at even distances.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.pmmeval.measuring import Measured
from veriloop.bench.pmmeval.outcomes import Judged, Outcome
from veriloop.bench.pmmeval.tasks import LANGUAGES, SCORINGS, TASKS
from veriloop.ids import Json
from veriloop.records import Finish, Problem
from veriloop.report.items import Items, ItemVerdict, ShownItem

COUNTS = {"counts", "chrf"}  # details that only a corpus score is made of


def shown_items(measured: Sequence[Measured], most: int) -> Items:
    """All answers of all models and settings, at most ``most``."""
    scorings = tuple(
        s for s in SCORINGS if any(a.scoring == s for m in measured for a in m.answered)
    )
    tasks, codes = list(TASKS), list(LANGUAGES)
    found = [(i, item) for i, m in enumerate(measured) for item in _of(m, scorings)]
    found.sort(
        key=lambda pair: (
            tasks.index(pair[1].task),
            codes.index(pair[1].language),
            pair[1].subset,
            pair[1].row,
            pair[0],
        )
    )
    items = [item for _, item in found]
    kept = _kept(items, most)
    told = "" if len(kept) == len(items) else (
        f" {len(kept):,} of {len(items):,} are here: those whose verdict changes between the scorings or that could "
        "not be read come first, the others are taken at even distances."
    )  # fmt: skip
    caption = f"Every answer with its prompt, what was read out of it, and both verdicts.{told}"
    return Items("Items", tuple(kept), scorings, caption)


def _of(measured: Measured, scorings: Sequence[str]) -> list[ShownItem]:
    said: dict[str, dict[tuple[str, str, str, int, str], Outcome]] = {
        a.scoring: {_key(o): o for o in a.outcomes} for a in measured.answered
    }
    shown: list[ShownItem] = []
    for item, problem in zip(measured.items, measured.problems, strict=True):
        key = (problem.id, item.task, item.language, item.row, item.subset)
        outcomes = [said.get(s, {}).get(key) for s in scorings]
        answer = measured.answers.get(problem.id)
        shown.append(
            ShownItem(
                item.task,
                item.language,
                item.row,
                prompt_text(problem),
                None if answer is None else answer.text,
                tuple(None if o is None else _verdict(o.judged) for o in outcomes),
                item.uid,
                item.subset,
                measured.model,
                measured.setting,
                item.gold,
                answer is not None and answer.finish is Finish.LENGTH,
            )
        )
    return shown


def _key(o: Outcome) -> tuple[str, str, str, int, str]:
    return o.problem, o.task, o.language, o.row, o.subset


def prompt_text(problem: Problem) -> str:
    """All turns of a chat, each under its role; a single turn alone."""
    if isinstance(problem.prompt, str):
        return problem.prompt
    turns = problem.prompt
    if len(turns) == 1:
        return turns[0].content
    return "\n\n".join(f"[{turn.role}]\n{turn.content}" for turn in turns)


def _verdict(judged: Judged) -> ItemVerdict:
    told = {k: v for k, v in judged.detail.items() if k not in COUNTS}
    note = "\n".join(f"{name}: {_short(value)}" for name, value in told.items())
    return ItemVerdict(
        judged.value, judged.reason, judged.rule, judged.extracted, judged.span, note
    )


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def _kept(items: list[ShownItem], most: int) -> list[ShownItem]:
    """At most ``most``, in their order."""
    if len(items) <= most:
        return items
    telling = [i for i, item in enumerate(items) if _telling(item)]
    others = [i for i, item in enumerate(items) if not _telling(item)]
    first = _even(telling, most)
    chosen = sorted([*first, *_even(others, most - len(first))])
    return [items[i] for i in chosen]


def _telling(item: ShownItem) -> bool:
    values = {None if v is None else v.value for v in item.verdicts}
    return len(values) > 1 or any(v is not None and v.reason for v in item.verdicts)


def _even(places: list[int], count: int) -> list[int]:
    if len(places) <= count:
        return places
    return [places[i * len(places) // count] for i in range(count)] if count > 0 else []
