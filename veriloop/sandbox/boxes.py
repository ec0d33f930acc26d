"""The shape of a box: what ``codejudge`` may ask of a launcher, whichever kind of isolation holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Isolation, Outcome

Stdin = bytes | Path | int | None
"""Standard input: bytes, a file, an open file descriptor (for pipes), or None for an empty one."""


class Box(Protocol):
    """One place where programs run, one at a time. Not safe to use from two threads at once.

    Inside, program files lie read-only in ``/box`` (also the working directory), ``/tmp`` is the only writable place
    and starts empty for every run, and there is no network. Where the mode has no mount namespace the two are
    folders elsewhere: ``argv`` and ``env`` may hold ``{box}`` and ``{tmp}``, which stand for their paths.
    """

    @property
    def isolation(self) -> Isolation:
        """What holds the programs."""
        ...

    def load(self, files: Mapping[str, bytes | Path]) -> None:
        """Empty the box and put these files into it, executable, by plain name (no folders).

        Raises SandboxError where the box cannot be made ready; ValueError on a name that is not plain.
        """
        ...

    def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits,
        stdin: Stdin = None,
        stdout: int | None = None,
        env: Mapping[str, str] | None = None,
        proc: bool = False,
    ) -> Outcome:
        """Run one program to its end, or to its first limit, and leave nothing of it alive.

        With ``stdout`` a file descriptor the program writes there (a pipe of an interactive problem); otherwise
        its output is kept and returned. ``env`` is added to the fixed environment (PATH, HOME, TMPDIR and LANG);
        with ``proc`` the program sees ``/proc``, which the JVM needs. There is no PATH search for ``argv[0]``. Raises
        SandboxError where the launcher itself failed.
        """
        ...

    def collect(self, name: str, *, limit: int) -> bytes | None:
        """The regular file ``name`` that the last run left in ``/tmp``; None where there is none, it is not a regular
        file (links are not followed) or it is larger than ``limit`` bytes.
        """
        ...

    def close(self) -> None:
        """End the launcher and everything in it."""
        ...
