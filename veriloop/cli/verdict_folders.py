"""Folders of recorded verdicts as options name them: ``FOLDER``, or ``NAME=FOLDER`` to call its verifier otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.records import Verdict


def named_verdicts(given: Sequence[str], known: set[str]) -> dict[str, list[Verdict]]:
    """The verdicts of every folder by verifier, under the name that stands before ``=``."""
    found: dict[str, list[Verdict]] = {}
    for text in given:
        name, equals, where = text.partition("=")
        renamed = bool(equals) and not Path(text).exists()
        folder = Path(where if renamed else text)
        said = verdicts_in(folder, known)
        if renamed and len(said) > 1:
            raise InputError(
                f"{name!r} cannot name {len(said)} verifiers at once ({', '.join(sorted(said))}): give the folder "
                "alone",
                file=str(folder),
            )
        for verifier, told in said.items():
            called = name if renamed else verifier
            if called in found:
                raise InputError(
                    f"verdicts of {called!r} are in two folders: write --verdicts NAME={folder} to tell them apart",
                    file=str(folder),
                )
            found[called] = told
    return found


def gold_in(folder: Path, known: set[str]) -> list[Verdict]:
    """The verdicts of the one verifier that is gold. Raises InputError where there are several."""
    told = verdicts_in(folder, known)
    if len(told) > 1:
        raise InputError(
            f"gold is the verdicts of one verifier, and here are those of {', '.join(sorted(told))}",
            file=str(folder),
        )
    return next(iter(told.values()))


def verdicts_in(folder: Path, known: set[str]) -> dict[str, list[Verdict]]:
    """A folder's verdicts by verifier. Raises InputError on a solution that is not among those ``known``."""
    from veriloop.records import Verdict
    from veriloop.runs.stages import read_all

    said: dict[str, list[Verdict]] = {}
    for row, verdict in enumerate(read_all(folder, Verdict), 1):
        if verdict.solution not in known:
            raise InputError(
                f"{verdict.solution} is not among the solutions given: these verdicts are of others",
                file=str(folder),
                row=row,
                field="solution",
            )
        said.setdefault(verdict.verifier, []).append(verdict)
    return said
