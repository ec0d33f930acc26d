"""The eight tasks and the ten languages: what the paper states of them, and how the release names them.

Source: arXiv 2411.09116, table 1 and section 3; names of files from the official harness (OpenCompass).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

Scoring: TypeAlias = Literal["official", "fixed"]
Setting: TypeAlias = Literal["en", "native", "en-few-shot"]

SCORINGS: tuple[Scoring, ...] = ("official", "fixed")
SETTINGS: tuple[Setting, ...] = ("en", "native", "en-few-shot")


@final
@dataclass(frozen=True)
class Language:
    """One language. ``locale`` is its name in MMMLU's files, ``name`` in those of FLORES and HumanEval-XL."""

    code: str
    name: str
    locale: str


@final
@dataclass(frozen=True)
class Task:
    """One task. ``rows`` is how many items the paper counts in each language."""

    key: str
    title: str
    role: Literal["understanding", "generation", "specialised"]
    metric: str
    rows: int
    languages: tuple[str, ...]


LANGUAGES: Mapping[str, Language] = {
    one.code: one
    for one in (
        Language("en", "English", "EN-US"),
        Language("zh", "Chinese", "ZH-CN"),
        Language("ar", "Arabic", "AR-XY"),
        Language("es", "Spanish", "ES-LA"),
        Language("ja", "Japanese", "JA-JP"),
        Language("ko", "Korean", "KO-KR"),
        Language("th", "Thai", "TH-TL"),
        Language("fr", "French", "FR-FR"),
        Language("pt", "Portuguese", "PT-BR"),
        Language("vi", "Vietnamese", "VI-VT"),
    )
}
_ALL = tuple(LANGUAGES)

TASKS: Mapping[str, Task] = {
    one.key: one
    for one in (
        Task("xnli", "XNLI", "understanding", "accuracy", 120, _ALL),
        Task("mhellaswag", "MHellaSwag", "understanding", "accuracy", 120, _ALL),
        Task("flores", "FLORES-200", "generation", "BLEU", 1012, _ALL[1:]),
        Task("humaneval_xl", "HumanEval-XL", "specialised", "pass@1", 80, _ALL),
        Task("mgsm", "MGSM", "specialised", "accuracy", 250, _ALL),
        Task("mlogiqa", "MLogiQA", "specialised", "accuracy", 80, _ALL),
        Task("mmmlu", "MMMLU", "specialised", "accuracy", 400, _ALL),
        Task("mifeval", "MIFEval", "specialised", "accuracy", 96, _ALL),
    )
}  # fmt: skip
