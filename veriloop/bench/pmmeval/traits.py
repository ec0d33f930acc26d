"""What of an item survives translation, whatever the language: digits, lengths, marks, names, labels.

No dictionary and no knowledge of any language: a number keeps its digits (in any script), a name or a formula often
its letters, a question its mark, a long text stays long, and the gold answer, the subject and the arguments of an
instruction are the same. How much each of these says is learnt from the two files by ``evidence``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.bench.pmmeval.items import Item
from veriloop.ids import Json, canonical

OPTIONS = ("A", "B", "C", "D")
MARKS = "?!(%$:;\n[*=\".,-/'"
_TEXTS = {
    "xnli": ("statement",),
    "mhellaswag": ("context",),
    "mlogiqa": ("context", "question"),
    "mmmlu": ("question",),
    "mgsm": ("question",),
    "mifeval": ("prompt",),
}
_SHARED = {"xnli": "premise"}
_LABELS = ("subject", "activity")
_LOOKS_LIKE = str.maketrans({
    "。": ".", "、": ",", "「": '"', "」": '"', "『": '"', "』": '"', "“": '"', "”": '"', "«": '"', "»": '"',
    "《": '"', "》": '"', "‘": "'", "’": "'", "¿": None, "¡": None, "،": ",", "؟": "?", "؛": ";", "–": "-", "—": "-",
    "−": "-", "٪": "%", "【": "[", "】": "]",
})  # fmt: skip
_NUMBER = re.compile(r"\d{1,3}(?:([.,  ])\d{3})(?:\1\d{3})*(?!\d)|\d+")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_STEM = 5  # letters by which words of related languages are compared


@final
@dataclass(frozen=True)
class Traits:
    """Of one text, or of several that belong together. ``lengths`` in characters by name, ``labels`` by name."""

    lengths: Mapping[str, float]
    numbers: frozenset[str]
    words: frozenset[str]
    marks: tuple[int, ...]
    labels: Mapping[str, str]


def own_traits(item: Item, *, ordered: bool) -> Traits:
    """Of what is the item's own. Not ``ordered``: options are compared as a set, and the gold by its length alone."""
    texts = {name: plain(item.text(name)) for name in _TEXTS[item.task]}
    lengths: dict[str, float] = {name: float(len(text)) for name, text in texts.items()}
    labels = {name: item.text(name) for name in _LABELS if item.fields.get(name)}
    if item.task in ("mmmlu", "mhellaswag") and item.subset:
        labels["subset"] = item.subset
    options = [plain(item.text(one)) for one in OPTIONS if one in item.fields]
    if options:
        shares = [len(text) + 1.0 for text in options]
        lengths["options"] = sum(shares)
        if not ordered and item.gold is not None:
            lengths["gold"] = shares[OPTIONS.index(item.gold)]
        for place, one in enumerate(shares if ordered else sorted(shares)):
            lengths[f"option {place}"] = one
    if item.gold is not None and (ordered or not options):
        labels["gold"] = item.gold
    if item.task == "mifeval":
        labels["instructions"] = canonical(item.fields["instruction_id_list"])
        labels["arguments"] = _arguments(item.fields["kwargs"])
    return _traits("\n".join([*texts.values(), *options]), lengths, labels)


def shared_traits(item: Item) -> Traits | None:
    """Of the text that several items of the task have in common (XNLI's premise)."""
    name = _SHARED.get(item.task)
    if name is None:
        return None
    text = plain(item.text(name))
    return _traits(text, {name: float(len(text))}, {})


def shared_text(item: Item) -> str | None:
    """That text itself: items that have it in common are siblings."""
    name = _SHARED.get(item.task)
    return None if name is None else item.text(name)


def plain(text: str) -> str:
    """Marks and digits in one form for all scripts."""
    known = unicodedata.normalize("NFKC", text.translate(_LOOKS_LIKE))
    return _FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found.group())), known)


def _traits(text: str, lengths: Mapping[str, float], labels: Mapping[str, str]) -> Traits:
    numbers = frozenset(re.sub(r"\D", "", found.group()) for found in _NUMBER.finditer(text))
    return Traits(lengths, numbers, _words(text), tuple(text.count(c) for c in MARKS), labels)


def _words(text: str) -> frozenset[str]:
    """Stems of words in letters without accents; Han characters one by one, which Chinese and Japanese share."""
    found: set[str] = set()
    folded = unicodedata.normalize("NFD", text.casefold())
    bare = _ACCENTS.sub("", folded)
    for word in set(_WORD.findall(unicodedata.normalize("NFC", bare))):
        if "\u4e00" <= word[0] <= "\u9fff":
            found.update(_HAN.findall(word))
            continue
        latin = [word] if word.isascii() else _LATIN.findall(word)  # a name may carry a particle
        found.update(one[:_STEM] for one in latin if len(one) > 1)
        if not latin:
            found.add(word[:_STEM])
    return frozenset(found)


def _arguments(kwargs: Json) -> str:
    """Names and numbers of an instruction's arguments; texts are translated, so of a list only its length counts."""
    if not isinstance(kwargs, list | tuple):
        return ""
    kept: list[Json] = []
    for one in kwargs:
        if isinstance(one, Mapping):
            kept.append({key: _untranslated(value) for key, value in one.items()})
    return canonical(kept)


def _untranslated(value: Json) -> Json:
    if isinstance(value, str):
        return value if value in ("less than", "at least") else "text"
    return len(value) if isinstance(value, list | tuple) else value
