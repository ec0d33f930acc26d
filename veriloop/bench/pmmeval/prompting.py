"""How an item is asked: in English, in its own language, or in English after demonstrations. Always one user turn.

``en`` fills the official harness's templates, ``native`` their translations; code and instructions (HumanEval-XL,
MIFEval) are asked as they stand in the data, in every setting. The harness itself asks for translations in the target
language (``native`` here) and for all else in English (``en``). The paper compares the three settings (section 4.2);
which of them its main table uses is not confirmed. Nothing here judges an answer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.phrases import TEMPLATE_FIELDS, phrases, template
from veriloop.bench.pmmeval.tasks import LANGUAGES, SETTINGS, TASKS, Setting
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Message, Problem
from veriloop.text.prompts import Prompt

FEW_SHOT: Setting = "en-few-shot"


def demonstrable(task: str) -> bool:
    """Has the task answers to show? HumanEval-XL and MIFEval have none: they are asked without demonstrations."""
    return task in TEMPLATE_FIELDS


def asked(item: Item, setting: Setting, *, shots: Sequence[Item] = ()) -> Problem:
    """The problem that is put to the model; ``meta`` holds the row, the setting, the item's fields and the shots.

    ``shots`` are shown, in order, before the question under ``en-few-shot``, each as it would be asked and answered
    (``choose_shots``). Raises InputError where they are missing, needless, unanswered, or the item itself.
    """
    if setting not in SETTINGS:
        raise InputError(f"no prompt setting {setting!r}: there are {', '.join(SETTINGS)}")
    if item.task not in TASKS:
        raise InputError(f"no task {item.task!r}: there are {', '.join(TASKS)}")
    _check_shots(item, setting, shots)
    text = "\n\n".join([*(_shown(shot) for shot in shots), _question(item, setting)])
    meta: dict[str, Json] = {"row": item.row, "setting": setting, "fields": dict(item.fields)}
    if shots:
        meta["shots"] = [shot.uid or f"{shot.source}:{shot.row}" for shot in shots]
    return Problem(
        task=f"pmmeval/{item.task}",
        prompt=(Message("user", text),),
        reference=item.gold,
        subset=item.subset,
        language=item.language,
        uid=item.uid,
        tests=_tests(item),
        instructions=_instructions(item),
        meta=meta,
    )


def _question(item: Item, setting: Setting) -> str:
    if not demonstrable(item.task):
        return item.text("prompt")
    prompt = template(item.language if setting == "native" else "en", item.task)
    own = {
        "lead_in": phrases(item.language)["lead_in"][0],
        "language": LANGUAGES[item.language].name,
    }
    named = prompt.fields
    return prompt.fill(**{name: own[name] if name in own else item.text(name) for name in named})


# ------------------------------------------------------------------------------------------------- demonstrations


@final
@dataclass(frozen=True)
class Shots:
    """Demonstrations by language, the same uids in the same order in each, and the items that are left to be scored."""

    by_language: Mapping[str, tuple[Item, ...]]
    scored: tuple[Item, ...]


def choose_shots(items: Iterable[Item], *, k: int, seed: int) -> Shots:
    """``k`` demonstrations for each language out of the items of one task, which are then not scored.

    Chosen among the uids that every language has with an answer, by ``seed`` alone, each answer about equally often
    where the task is multiple choice. A task without answers to show keeps all its items. Raises InputError where
    fewer than ``k`` uids will do, or none would be left to score.
    """
    pool = tuple(items)
    tasks = sorted({item.task for item in pool})
    if len(tasks) != 1:
        raise InputError(f"demonstrations are chosen for one task at a time, got {tasks or 'none'}")
    languages = sorted({item.language for item in pool}, key=list(LANGUAGES).index)
    if not demonstrable(tasks[0]):
        return Shots(dict.fromkeys(languages, ()), pool)
    found: dict[str, dict[str, Item]] = {language: {} for language in languages}
    for item in pool:
        if item.uid is not None and item.gold is not None:
            found[item.language][item.uid] = item
    uids = sorted(set.intersection(*(set(own) for own in found.values())))
    if not 1 <= k < len(uids):
        raise InputError(
            f"{k} demonstrations of {tasks[0]} are to be chosen and the rest scored: {len(uids)} items are "
            "aligned and answered in every language"
        )
    random.Random(f"{seed}:{tasks[0]}").shuffle(uids)
    chosen = _balanced(uids, found[languages[0]], k)
    return Shots(
        {language: tuple(own[uid] for uid in chosen) for language, own in found.items()},
        tuple(item for item in pool if item.uid not in chosen),
    )


def _balanced(uids: Sequence[str], items: Mapping[str, Item], k: int) -> tuple[str, ...]:
    """The first ``k`` uids, passing over those whose answer has been shown more often than another's."""
    shown: Counter[str | None] = Counter()
    left = list(uids)
    chosen: list[str] = []
    while len(chosen) < k:
        best = min(left, key=lambda uid: shown[items[uid].gold])
        left.remove(best)
        chosen.append(best)
        shown[items[best].gold] += 1
    return tuple(chosen)


def _shown(shot: Item) -> str:
    """A demonstration: the question as it is asked, and the answer in the form that it asks for.

    MGSM's is the last line alone, since the data have no worked steps.
    """
    answer = shot.gold or ""
    if shot.task == "mgsm":
        answer = f"{phrases(shot.language)['lead_in'][0]} {answer}"
    elif shot.task != "flores":
        answer = _format(shot.task).replace("[choice]", answer)
    return f"{_question(shot, FEW_SHOT)}\n{answer}"


def _format(task: str) -> str:
    """The form of an answer that the English template of a multiple-choice task asks for, on a line of its own."""
    asked_for = next(t for t in template("en", task).text.split("\n") if t.startswith("{{"))
    return Prompt(asked_for).fill()


def _check_shots(item: Item, setting: Setting, shots: Sequence[Item]) -> None:
    place = {"file": item.source or None, "row": item.row + 1}
    if setting == FEW_SHOT and demonstrable(item.task) and not shots:
        raise InputError(
            f"{FEW_SHOT} needs demonstrations of {item.task}: choose_shots gives them", **place
        )
    if shots and (setting != FEW_SHOT or not demonstrable(item.task)):
        raise InputError(f"{item.task} takes no demonstrations under {setting}", **place)
    for shot in shots:
        if (shot.task, shot.language) != (item.task, item.language):
            raise InputError(
                f"a demonstration of {shot.task} in {shot.language} is none for {item.task} in "
                f"{item.language}",
                **place,
            )
        if shot.gold is None:
            raise InputError("a demonstration has no answer", file=shot.source, row=shot.row + 1)
        same = shot.uid == item.uid if item.uid else shot.fields == item.fields
        if same:
            raise InputError("the item would demonstrate its own answer", **place)


# --------------------------------------------------------------------------------------------- what scorers read


def _tests(item: Item) -> tuple[Mapping[str, Json], ...]:
    if item.task != "humaneval_xl":
        return ()
    return (
        {
            "function": item.fields["entry_point"],
            "prompt": item.fields["prompt"],
            "check": item.fields["test"],
            "language": item.subset,
            "declaration": item.fields["declaration"],
        },
    )


def _instructions(item: Item) -> tuple[Mapping[str, Json], ...]:
    """One entry for each instruction; arguments that are null were not given."""
    if item.task != "mifeval":
        return ()
    ids, kwargs = item.fields["instruction_id_list"], item.fields["kwargs"]
    assert isinstance(ids, list | tuple)
    assert isinstance(kwargs, list | tuple)
    return tuple(
        {"id": name, "kwargs": {key: value for key, value in own.items() if value is not None}}
        for name, own in zip(ids, kwargs, strict=True)
        if isinstance(own, Mapping)
    )
