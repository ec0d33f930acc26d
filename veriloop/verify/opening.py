"""Verifiers by a short text: a kind of this room, a class of another package, or a name that a package has entered.

Other packages add kinds by the entry-point group ``veriloop.verifiers``: a name, and a callable that takes fields and
gives a verifier. What the command line opens for a kind (memory, checkpoints, judges) is the command line's.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from veriloop.engines import open_engine
from veriloop.errors import InputError
from veriloop.protocols import Verifier
from veriloop.verify import KINDS
from veriloop.verify.equality import MathEquality

GROUP = "veriloop.verifiers"
SPECS = "a kind, MODULE:CLASS of an importable module, or a name of the entry-point group " + GROUP


def open_verifier(spec: str | Verifier, **fields: Any) -> Verifier:
    """The verifier that ``spec`` names (see ``SPECS``), made with ``fields``; one that is a verifier already.

    An ``engine`` that is a text is opened by ``open_engine``; an ``equality`` that is asked for and not given is
    ``MathEquality``. Raises InputError where nothing has that name or the fields do not fit it.
    """
    if not isinstance(spec, str):
        if fields:
            raise InputError(f"{', '.join(fields)}: fields are for a verifier named by a text")
        return spec
    kind = _find(spec)
    try:
        takes = inspect.signature(kind).parameters
    except (TypeError, ValueError):
        takes: Mapping[str, Any] = {}
    if isinstance(fields.get("engine"), str):
        fields["engine"] = open_engine(fields["engine"])
    if "equality" in takes and takes["equality"].default is inspect.Parameter.empty:
        fields.setdefault("equality", MathEquality())
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    missing = [
        name
        for name, parameter in takes.items()
        if parameter.kind in plain
        and parameter.default is inspect.Parameter.empty
        and name not in fields
    ]
    if missing:
        raise InputError(
            f"the verifier {spec!r} needs {' and '.join(missing)}, which no option gives: make the object in Python "
            "and hand it over (docs/tutorial_verifier.md)"
        )
    try:
        made = kind(**fields)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the verifier {spec!r} cannot be made: {error}; it takes {', '.join(takes) or 'nothing'}"
        ) from error
    if not (isinstance(getattr(made, "name", None), str) and hasattr(made, "verify")):
        raise InputError(f"{spec!r} makes a {type(made).__name__}, which is no verifier")
    return made


def is_outside(spec: str) -> bool:
    """True where ``spec`` names a verifier of another package: MODULE:CLASS, or an entered name."""
    if spec in KINDS:
        return False
    module, colon, name = spec.partition(":")
    dotted = bool(colon) and all(part.isidentifier() for part in (*module.split("."), name))
    return dotted or spec in entry_points(group=GROUP).names


def _find(spec: str) -> Any:
    entered = {entry.name: entry for entry in entry_points(group=GROUP)}
    target = KINDS.get(spec, spec)
    if spec not in KINDS and spec in entered:
        return entered[spec].load()
    module, colon, name = target.partition(":")
    if not (colon and module and name):
        known = ", ".join(sorted({*KINDS, *entered}))
        raise InputError(f"no verifier {spec!r}: write {SPECS}; there are {known}")
    try:
        return getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, TypeError) as error:  # TypeError: a relative module
        raise InputError(
            f"the verifier {spec!r} cannot be imported: {error}; install its package, or put its folder on PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise InputError(f"the module {module!r} has no {name!r}") from error
