"""What is said to a model in each language: the templates of the prompts and the words that lead in an answer.

One file per language in ``languages/``, with its source. The English templates are those of the official harness,
since published scores rest on their exact words; the others say the same in their own language, line for line.
Every file is checked whole when it is read: all keys, and in each template exactly the fields of its task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, TypedDict

from veriloop.bench.pmmeval.tasks import LANGUAGES
from veriloop.errors import InputError
from veriloop.text.prompts import Prompt

_OPTIONS = frozenset("ABCD")
TEMPLATE_FIELDS: Mapping[str, frozenset[str]] = {
    "xnli": frozenset({"premise", "statement"}),
    "mhellaswag": _OPTIONS | {"context"},
    "mlogiqa": _OPTIONS | {"context", "question"},
    "mmmlu": _OPTIONS | {"question"},
    "mgsm": frozenset({"question", "lead_in"}),
    "flores": frozenset({"source"}),
}
"""The fields that a template of each task declares. The English template of ``flores`` also names the language."""


class Phrases(TypedDict):
    """One language's file.

    ``lead_in`` are the phrases that lead in an answer, the one that is asked for first; ``official_lead_in`` the
    same in the order in which the official extraction looks for them. ``prompts`` are templates by task.
    """

    code: str
    name: str
    source: str
    lead_in: list[str]
    official_lead_in: list[str]
    prompts: dict[str, str]


@cache
def phrases(code: str) -> Phrases:
    """The phrases of a language by its code ("zh"). Raises InputError that names the file and the field."""
    if code not in LANGUAGES:
        raise InputError(f"no phrases for the language {code!r}: there are {', '.join(LANGUAGES)}")
    file = resources.files("veriloop.bench.pmmeval") / "languages" / f"{code}.json"
    return checked(json.loads(file.read_text(encoding="utf-8")), code)


@cache
def template(code: str, task: str) -> Prompt:
    """The template of one task in the language ``code``."""
    return Prompt(phrases(code)["prompts"][task], _place(code, task))


def checked(told: Mapping[str, Any], code: str) -> Phrases:
    """The content of a language's file, if it is complete. Raises InputError otherwise."""
    file = f"{code}.json"
    if wrong := sorted(told.keys() ^ Phrases.__annotations__.keys()):
        what = "is missing" if wrong[0] in Phrases.__annotations__ else "is not known"
        raise InputError(
            f"the key {what}: a language has {', '.join(Phrases.__annotations__)}",
            file=file,
            field=wrong[0],
        )
    if told["code"] != code:
        raise InputError(f"names another language, {told['code']!r}", file=file, field="code")
    for name in ("lead_in", "official_lead_in"):
        said = told[name]
        if (
            not isinstance(said, list)
            or not said
            or not all(isinstance(s, str) and s for s in said)
        ):
            raise InputError("must be a list of phrases, not empty", file=file, field=name)
    if sorted(told["lead_in"]) != sorted(told["official_lead_in"]):
        raise InputError("must be the phrases of lead_in", file=file, field="official_lead_in")
    if wrong := sorted(told["prompts"].keys() ^ TEMPLATE_FIELDS.keys()):
        raise InputError(
            f"the templates are {', '.join(TEMPLATE_FIELDS)}: {', '.join(wrong)} is missing or not known",
            file=file,
            field="prompts",
        )
    for task, fields in TEMPLATE_FIELDS.items():
        named = fields | {"language"} if (code, task) == ("en", "flores") else fields
        declared = Prompt(told["prompts"][task], _place(code, task)).fields
        if declared != named:
            raise InputError(
                f"declares {', '.join(sorted(declared)) or 'no field'}, and must declare "
                f"{', '.join(sorted(named))}",
                file=_place(code, task),
            )
    return Phrases(**told)


def _place(code: str, task: str) -> str:
    return f"{code}.json: {task}"
