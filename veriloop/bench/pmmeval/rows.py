"""One row of a file as an ``Item``: the columns of the release, or those of the copies that renamed them.

A row that lacks what its task needs is an InputError that names the field; nothing is guessed. Gold is brought to one
form (a letter, digits), texts stay as they are. Whose parallel key a row claims is kept as ``uid``, unverified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.layouts import Place
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.verify.instructions.checking import require_known

LETTERS = ("A", "B", "C", "D")
_WHOLE = re.compile(r"[-−]?\d{1,3}(?:[, ]\d{3})+(?:\.0+)?|[-−]?\d+(?:\.0+)?")
_FILLED_LATER = ("prompt_to_repeat_guess",)


def read_row(row: Any, place: Place, number: int) -> Item:
    """The item of row ``number`` (0-based) of ``place``. Raises InputError naming the field."""
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, Mapping):
        raise InputError(f"expected an object with columns, got {ascii(row)[:60]}")
    fields, gold, subset = _READERS[place.task](row)
    return Item(
        place.task,
        place.language,
        number,
        fields,
        gold,
        _claimed(row, place.task),
        place.subset or subset,
        place.name,
    )


_Parts = tuple[dict[str, Json], str | None, str]


def _xnli(row: Mapping[str, Any]) -> _Parts:
    fields: dict[str, Json] = {
        "premise": _text(row, "premise"),
        "statement": _text(row, "statement", "hypothesis"),
    }
    return fields, _letter(row, "answer", "label", letters=LETTERS[:3]), ""


def _mhellaswag(row: Mapping[str, Any]) -> _Parts:
    fields: dict[str, Json] = {"context": _text(row, "ctx", "context", "question"), **_options(row)}
    fields["activity"] = _text(row, "activity_label", default="")
    return fields, _letter(row, "label", "answer"), _text(row, "split_type", default="")


def _mlogiqa(row: Mapping[str, Any]) -> _Parts:
    fields: dict[str, Json] = {
        "context": _text(row, "context"),
        "question": _text(row, "question"),
        **_options(row),
    }
    return fields, _letter(row, "answer", "label"), ""


def _mmmlu(row: Mapping[str, Any]) -> _Parts:
    fields: dict[str, Json] = {
        "question": _text(row, "Question", "question"),
        **_options(row),
        "subject": _text(row, "Subject", "subject", default=""),
    }
    return fields, _letter(row, "Answer", "answer"), _text(row, "difficulty", default="")


def _mgsm(row: Mapping[str, Any]) -> _Parts:
    return {"question": _text(row, "question")}, _number(row, "answer", "answer_number"), ""


def _flores(row: Mapping[str, Any]) -> _Parts:
    return {"source": _text(row, "src", "source")}, _text(row, "tgt", "target"), ""


def _humaneval_xl(row: Mapping[str, Any]) -> _Parts:
    fields: dict[str, Json] = {
        "prompt": _text(row, "prompt"),
        "entry_point": _text(row, "entry_point"),
        "test": _text(row, "test"),
        "declaration": _text(row, "declaration", default=""),
        "description": _text(row, "description", default=""),
    }
    return fields, None, _text(row, "language", default="")


def _mifeval(row: Mapping[str, Any]) -> _Parts:
    ids = row.get("instruction_id_list")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise InputError(
            f"expected a list of instruction names, got {ascii(ids)[:60]}",
            field="instruction_id_list",
        )
    kwargs = [_given(one) for one in _kwargs(row)]
    if len(kwargs) != len(ids):
        raise InputError(
            f"{len(ids)} instructions need as many objects, got {len(kwargs)}", field="kwargs"
        )
    for name, given in zip(ids, kwargs, strict=True):
        require_known({"id": name, "kwargs": given})
    prompt = _text(row, "prompt", "question")
    return {"prompt": prompt, "instruction_id_list": list(ids), "kwargs": kwargs}, None, ""


def _kwargs(row: Mapping[str, Any]) -> Iterable[Any]:
    if "kwargs" not in row and "kwargs_numeric" in row:
        lacking = row.get("kwargs_text_missing")
        if lacking:
            raise InputError(
                f"the copy lacks the text of {', '.join(map(str, lacking))}", field="kwargs"
            )
        given = _given(row["kwargs_numeric"])
        return [{key: value for key, value in given.items() if key not in _FILLED_LATER}]
    found = row.get("kwargs")
    if not isinstance(found, list):
        raise InputError(f"expected a list of objects, got {ascii(found)[:60]}", field="kwargs")
    return found


def _given(one: Any) -> dict[str, Json]:
    """What an instruction is given; columnar files fill what it does not take with nulls."""
    if one is None:
        return {}
    if not isinstance(one, Mapping):
        raise InputError(f"expected an object, got {ascii(one)[:60]}", field="kwargs")
    return {str(key): value for key, value in one.items() if value is not None}


def _claimed(row: Mapping[str, Any], task: str) -> str | None:
    """The parallel key that the row itself states, by whichever of its columns."""
    if "uid" in row:
        return None if row["uid"] is None else str(row["uid"])
    if task == "humaneval_xl" and row.get("task_id"):
        return f"humaneval-xl-{row['task_id']}"
    if task == "mifeval" and row.get("key") is not None:
        return f"mifeval-{row['key']}"
    return None


def _options(row: Mapping[str, Any]) -> dict[str, Json]:
    return {
        letter: _text(row, letter, f"option_{place}", as_text=True)
        for place, letter in enumerate(LETTERS, 1)
    }


def _text(
    row: Mapping[str, Any], *names: str, default: str | None = None, as_text: bool = False
) -> str:
    """The first of the columns that is there; ``as_text`` takes a number for its digits (options are numbers too)."""
    for name in names:
        found = row.get(name)
        if found is None:
            continue
        if as_text and isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
        if not isinstance(found, str):
            raise InputError(f"expected a text, got {ascii(found)[:60]}", field=name)
        if found.strip() or default is not None:
            return found
        raise InputError("the text is empty", field=name)
    if default is not None:
        return default
    raise InputError(f"there is no column {' or '.join(names)}", field=names[0])


def _letter(row: Mapping[str, Any], *names: str, letters: tuple[str, ...] = LETTERS) -> str:
    """A letter, from itself or from its number counted from 0."""
    for name in names:
        found = row.get(name)
        if found is None:
            continue
        text = str(found).strip().upper()
        if text in letters:
            return text
        if not isinstance(found, bool) and text.isascii() and text.isdigit():
            place = int(text)
            if place < len(letters):
                return letters[place]
        raise InputError(
            f"expected one of {', '.join(letters)} or its number from 0, got {ascii(found)[:40]}",
            field=name,
        )
    raise InputError(f"there is no column {' or '.join(names)}", field=names[0])


def _number(row: Mapping[str, Any], *names: str) -> str:
    """A whole number in digits: ``"1,234"``, ``1234`` and ``1234.0`` are 1234."""
    for name in names:
        found = row.get(name)
        if found is None:
            continue
        text = str(found).strip()
        if isinstance(found, bool) or not _WHOLE.fullmatch(text):
            raise InputError(f"expected a whole number, got {ascii(found)[:40]}", field=name)
        digits = text.replace(",", "").replace(" ", "").replace("−", "-").partition(".")[0]
        return str(int(digits))
    raise InputError(f"there is no column {' or '.join(names)}", field=names[0])


_READERS: Mapping[str, Callable[[Mapping[str, Any]], _Parts]] = {
    "xnli": _xnli,
    "mhellaswag": _mhellaswag,
    "mlogiqa": _mlogiqa,
    "mmmlu": _mmmlu,
    "mgsm": _mgsm,
    "flores": _flores,
    "humaneval_xl": _humaneval_xl,
    "mifeval": _mifeval,
}
