"""What is said to a model in each language: the templates of the prompts and the words that lead in an answer.

One file per language in ``languages/``, with its source. The English templates are those of the official harness,
since published scores rest on their exact words; the others say the same in their own language, line for line.
That every file is whole is a test's business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypedDict

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


def spoken(language: str) -> tuple[str, ...]:
    """The languages that an answer to a question in ``language`` may be in: that one, and English."""
    return tuple(dict.fromkeys((language, "en")))


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
    """The phrases of a language by its code ("zh"). Raises InputError on a language that is not one of the ten."""
    if code not in LANGUAGES:
        raise InputError(f"no phrases for the language {code!r}: there are {', '.join(LANGUAGES)}")
    file = resources.files("veriloop.bench.pmmeval") / "languages" / f"{code}.json"
    return Phrases(**json.loads(file.read_text(encoding="utf-8")))


@cache
def template(code: str, task: str) -> Prompt:
    """The template of one task in the language ``code``."""
    return Prompt(phrases(code)["prompts"][task], f"{code}.json: {task}")
