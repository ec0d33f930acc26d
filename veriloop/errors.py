"""Every error Veriloop raises, and the boundary that says where a failure came from.

    VeriloopError
    ├── InputError          what the user gave cannot be used: file, row, field, what was expected
    ├── MissingExtra        an optional dependency is not installed; names the extra to add
    ├── EngineError         who generates text failed
    │   ├── EngineTimeout   no answer within the time limit
    │   └── EngineRefused   the server said no for good (bad key, unknown model, bad request)
    │       └── BudgetSpent the run may not pay for another call
    ├── SandboxError        programs cannot be run here, or not safely; never the program's fault
    ├── VerifierError       a verifier could not work at all (one unscored solution is a Verdict, not an error)
    ├── StoreError          records could not be read or written (full disk, foreign schema)
    └── RunStopped          a run ended before its plan was done; says how to resume

Errors of other people's code keep their type; ``boundary`` adds the name of the room they came from as a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class VeriloopError(Exception):
    """Root of the tree. ``str(error)`` is one line that teaches: what, why, what to do instead."""


class InputError(VeriloopError):
    """Input that cannot be used. Names the file, the row and the field where they are known."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.row = row
        self.field = field

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.field:
            where.append(f"field {self.field!r}")
        return f"{', '.join(where)}: {self.message}" if where else self.message

    def __reduce__(self) -> tuple[object, ...]:
        state = {"file": self.file, "row": self.row, "field": self.field}
        return (_rebuild_input_error, (self.message, state))


def _rebuild_input_error(message: str, state: dict[str, object]) -> InputError:
    return InputError(message, **state)  # type: ignore[arg-type]


class MissingExtra(VeriloopError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str, purpose: str) -> None:
        super().__init__(module, extra, purpose)
        self.module, self.extra, self.purpose = module, extra, purpose

    def __str__(self) -> str:
        return (
            f"{self.purpose} needs the module {self.module!r}, which is not installed: "
            f"pip install 'veriloop[{self.extra}]'"
        )


class EngineError(VeriloopError):
    """An engine failed to generate or to score, after its own retries."""


class EngineTimeout(EngineError):
    """An engine gave no answer within its time limit."""


class EngineRefused(EngineError):
    """The server refused for good: trying again cannot help (bad key, unknown model, bad request)."""


class BudgetSpent(EngineRefused):
    """The run's budget has no room for another call, which was not sent. A larger budget goes on from there."""


class SandboxError(VeriloopError):
    """A program could not be run, or not safely: the launcher failed or the machine lacks a protection."""


class VerifierError(VeriloopError):
    """A verifier cannot work at all, for example because its checkpoint is not a verifier."""


class StoreError(VeriloopError):
    """Records could not be read or written."""


class RunStopped(VeriloopError):
    """A run ended before its plan was done. Says how to resume."""


@contextmanager
def boundary(room: str, what: str) -> Iterator[None]:
    """Note on any error that passes where it came from, and let it pass.

    >>> try:
    ...     with boundary("verify", "judge"):
    ...         raise ValueError("boom")
    ... except ValueError as error:
    ...     error.__notes__
    ['in verify: judge']
    """
    try:
        yield
    except Exception as error:
        error.add_note(f"in {room}: {what}")
        raise
