"""Which items of a task are one draw though they are several: hypotheses of one premise, questions on one passage, a
function asked for in several programming languages.

XNLI's 120 items are 40 premises with three hypotheses each, MLogiQA's 80 stand on 70 passages, and HumanEval-XL asks
for the same functions in every programming language. Intervals that take such items for independent are too narrow,
or too wide. Means are those of items all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from veriloop.bench.parallel import Place
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.tasks import LANGUAGES


def draws(items: Mapping[Place, Sequence[Item]]) -> dict[str, dict[str, str]]:
    """``[task][uid]``: the uid of the first item of the same draw, of all that share one with another item.

    Texts are compared within a language, English first; a uid that has its draw by one language keeps it.
    """
    found: dict[str, dict[str, str]] = {}
    for task, said in _SAID.items():
        own: dict[str, str] = {}
        for code in LANGUAGES:
            firsts: dict[str, str] = {}
            for item in items.get((task, code), ()):
                if item.uid is not None:
                    first = firsts.setdefault(said(item), own.get(item.uid, item.uid))
                    own.setdefault(item.uid, first)
        shared = {first for uid, first in own.items() if uid != first}
        if shared:
            found[task] = {uid: first for uid, first in own.items() if first in shared}
    return found


def _words(name: str) -> Callable[[Item], str]:
    return lambda item: " ".join(item.text(name).split())


def _function(item: Item) -> str:
    """``below_zero`` and ``belowZero`` are the same function, if their uids have the same number: two functions may be
    called alike.
    """
    name = "".join(c for c in item.text("entry_point").casefold() if c.isalnum())
    _, slash, number = (item.uid or "").rpartition("/")
    return f"{name}{slash}{number}" if slash else name


_SAID: Mapping[str, Callable[[Item], str]] = {
    "xnli": _words("premise"),
    "mlogiqa": _words("context"),
    "humaneval_xl": _function,
}
