"""Where the rows of a task in a language lie: the published folder, one folder a language, or the single sets.

=========  =========================================================================================================
release    ``mgsm/test/<code>.jsonl``, ``mmmlu/<easy|hard>/test/mmlu_<LOCALE>.jsonl``, ``flores/test/<Language>.jsonl``,
           ``humaneval-xl/test/<programming language>/<Language>.jsonl`` (as the official harness reads it)
languages  ``<code>/<task>.jsonl``, rows with a ``uid`` where somebody aligned them
sets       ``mgsm/<code>.jsonl``, ``humaneval_xl/<programming language>/<Language>.jsonl``,
           ``flores_plus/<devtest|dev>/<code>.jsonl`` with English beside it
=========  =========================================================================================================

Files are only found here, in the order in which they are preferred; what their rows mean is ``rows``' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, final

from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.errors import InputError

Layout: TypeAlias = Literal["release", "languages", "sets"]

RELEASES = ("pmmeval", "P-MMEval", "p-mmeval")  # as folders of a data root
FLORES_CODES = {
    "zh": "cmn_Hans", "ar": "arb_Arab", "es": "spa_Latn", "ja": "jpn_Jpan", "ko": "kor_Hang",
    "th": "tha_Thai", "fr": "fra_Latn", "pt": "por_Latn", "vi": "vie_Latn",
}  # fmt: skip
_ENGLISH_FLORES = "eng_Latn"
_FOLDERS = {
    "flores": ("flores", "flores-200", "flores200"),
    "humaneval_xl": ("humaneval-xl", "humaneval_xl"),
}
_OWN_FILES = {
    "humaneval_xl": ("humaneval-xl", "humaneval_xl"),
    "mifeval": ("mifeval", "mifeval_prompts"),
    "flores": ("flores", "flores-200"),
}


@final
@dataclass(frozen=True)
class Place:
    """A file of one task in one language. ``subset`` is what its folder says of all its rows; ``english`` is the file
    of the sources where a translation task keeps the two sides apart.
    """

    path: Path
    name: str
    task: str
    language: str
    layout: Layout
    subset: str = ""
    english: Path | None = None


@final
@dataclass(frozen=True)
class Found:
    """The files of a folder, the preferred first, and what lies there that is none of the benchmark's."""

    places: tuple[Place, ...]
    foreign: tuple[str, ...] = ()


def find_places(root: Path, *, tasks: Sequence[str] = (), languages: Sequence[str] = ()) -> Found:
    """The files under ``root``: a release, a folder of languages, single sets, or a folder with several of these.

    Order of preference: a release, then a folder of languages (in ``root`` itself, then in its folder ``pmmeval``),
    then the single sets. Raises InputError where nothing of the benchmark is found.
    """
    roots = [root, *(root / name for name in RELEASES if (root / name).is_dir())]
    found: list[Place] = []
    for folder in roots:
        found.extend(_release(folder))
    for folder in roots:
        found.extend(_languages(folder))
    found.extend(_sets(root))
    if not found:
        raise InputError(
            "nothing of P-MMEval is here; expected the release (mgsm/test/en.jsonl, ...), folders of languages "
            f"(en/mgsm.jsonl, ...) or single sets (mgsm/en.jsonl, ...). Here are: {_listed(root)}",
            file=str(root),
        )
    kept = [
        replace(p, name=str(p.path.relative_to(root)))
        for p in found
        if (not tasks or p.task in tasks) and (not languages or p.language in languages)
    ]
    foreign = tuple(line for task, line in _foreign(root) if not tasks or task in tasks)
    return Found(tuple(dict.fromkeys(kept)), foreign)


def release_patterns(*, tasks: Sequence[str] = (), languages: Sequence[str] = ()) -> list[str]:
    """Shell patterns of the release's files, for fetching no more than is asked for."""
    inner = {
        "mmmlu": "*/test/mmlu_{locale}",
        "humaneval_xl": "test/*/{name}",
        "flores": "test/{name}",
    }
    return [
        f"{folder}/{inner.get(task, 'test/{code}').format(code=o.code, name=o.name, locale=o.locale)}.jsonl"
        for task in (tasks or TASKS)
        for folder in _FOLDERS.get(task, (task,))
        for o in (LANGUAGES[code] for code in (languages or LANGUAGES))
    ]


def _release(root: Path) -> Iterator[Place]:
    for task in TASKS:
        for folder in _FOLDERS.get(task, (task,)):
            yield from _of_task(root / folder, task)


def _of_task(folder: Path, task: str) -> Iterator[Place]:
    if task == "mmmlu":
        for subset in ("easy", "hard"):
            for one in LANGUAGES.values():
                path = folder / subset / "test" / f"mmlu_{one.locale}.jsonl"
                yield from _if_there(path, task, one.code, "release", subset)
    elif task == "humaneval_xl":
        yield from _programs(folder / "test", "release")
    else:
        for one in LANGUAGES.values():
            name = one.name if task == "flores" else one.code
            yield from _if_there(folder / "test" / f"{name}.jsonl", task, one.code, "release")


def _languages(root: Path) -> Iterator[Place]:
    for code in LANGUAGES:
        for task in TASKS:
            for name in _OWN_FILES.get(task, (task,)):
                yield from _if_there(root / code / f"{name}.jsonl", task, code, "languages")


def _sets(root: Path) -> Iterator[Place]:
    for one in LANGUAGES.values():
        yield from _if_there(root / "mgsm" / f"{one.code}.jsonl", "mgsm", one.code, "sets")
    for folder in _FOLDERS["humaneval_xl"]:
        yield from _programs(root / folder, "sets")
    for split in ("devtest", "dev"):
        folder = root / "flores_plus" / split
        english = folder / f"{_ENGLISH_FLORES}.jsonl"
        if not english.is_file():
            continue
        for code, name in FLORES_CODES.items():
            if (folder / f"{name}.jsonl").is_file():
                path = folder / f"{name}.jsonl"
                yield Place(path, str(path), "flores", code, "sets", english=english)


def _programs(root: Path, layout: Layout) -> Iterator[Place]:
    """HumanEval-XL: a folder for each programming language."""
    for folder in sorted(root.glob("*/")):
        for one in LANGUAGES.values():
            path = folder / f"{one.name}.jsonl"
            yield from _if_there(path, "humaneval_xl", one.code, layout, folder.name)


def _if_there(
    path: Path, task: str, language: str, layout: Layout, subset: str = ""
) -> Iterator[Place]:
    if path.is_file() and language in TASKS[task].languages:
        yield Place(path, str(path), task, language, layout, subset)


def _foreign(root: Path) -> Iterator[tuple[str, str]]:
    """Languages of the single sets that the benchmark does not have: task, and a line that says so."""
    known = {one.code for one in LANGUAGES.values()}
    other = sorted(p.stem for p in (root / "mgsm").glob("*.jsonl") if p.stem not in known)
    if other:
        yield "mgsm", f"mgsm in {', '.join(other)}: not of the ten languages, left out"
    names = {*FLORES_CODES.values(), _ENGLISH_FLORES}
    more = {p.stem for p in (root / "flores_plus").glob("dev*/*.jsonl") if p.stem not in names}
    if more:
        yield (
            "flores",
            f"flores_plus in {', '.join(sorted(more))}: not of the ten languages, left out",
        )


def _listed(root: Path) -> str:
    found = sorted(path.name for path in root.iterdir())
    return ", ".join(found[:8]) + (" ..." if len(found) > 8 else "") if found else "nothing"
