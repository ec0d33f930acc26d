"""Published formats of step-labelled data, read to one shape and written from it: one file a format.

What each holds and what is lost on the way to it stands in ``docs/formats.md``. A format knows one raw row, or
the solutions of one problem; files, quarantine and streaming are ``veriloop.store.labelled``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from veriloop.errors import InputError
from veriloop.store.formats.labelled import Format, LabelledSolution, Labels, labelled

__all__ = ["KINDS", "Format", "LabelledSolution", "Labels", "detect", "labelled", "open_format"]

KINDS: dict[str, str] = {
    "bigbench-mistake": "veriloop.store.formats.bigbench_mistake:BigBenchMistake",
    "math-aps": "veriloop.store.formats.math_aps:MathAPS",
    "math-aps-tree": "veriloop.store.formats.math_aps_tree:MathAPSTree",
    "math-shepherd": "veriloop.store.formats.math_shepherd:MathShepherd",
    "prm800k": "veriloop.store.formats.prm800k:PRM800K",
    "processbench": "veriloop.store.formats.processbench:ProcessBench",
    "scan": "veriloop.store.formats.scan:Scan",
    "trl": "veriloop.store.formats.trl:TRL",
    "veriloop": "veriloop.store.formats.own:Veriloop",
}


def open_format(name: str, **options: Any) -> Format:
    """The format of that name; ``options`` are its fields. Raises InputError on a name or an option unknown."""
    if name not in KINDS:
        raise InputError(f"there is no format {name!r}; there are {', '.join(KINDS)}")
    module, kind = KINDS[name].split(":")
    try:
        return getattr(import_module(module), kind)(**options)
    except TypeError as error:
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise InputError(f"the format {name} has no such option: {given}") from error


def detect(row: Mapping[str, Any]) -> Format:
    """The one format whose columns the row has. Raises InputError where none or several fit: nothing is guessed."""
    fitting = [form for name in KINDS if (form := open_format(name)).fits(row)]
    if len(fitting) == 1:
        return fitting[0]
    columns = ", ".join(map(str, row)) or "(none)"
    if fitting:
        names = " and ".join(form.name for form in fitting)
        raise InputError(f"the columns {columns} fit {names}: name the format")
    known = "; ".join(f"{name}: {open_format(name).shown}" for name in KINDS)
    raise InputError(f"unknown format with the columns {columns}; known are {known}")
