"""How a module of this room is started in a small Python of its own: no site packages, no package initialisation.

A launcher must be small, because a program inherits the memory peak of the process that it is executed from
(``ru_maxrss`` survives exec), and single-threaded, because it forks.
"""

from __future__ import annotations

import os
import sys

_START = (
    "import sys\n"
    "for name, path in (('veriloop', sys.argv[1]), ('veriloop.sandbox', sys.argv[1] + '/sandbox')):\n"
    "    sys.modules[name] = type(sys)(name)\n"
    "    sys.modules[name].__path__ = [path]\n"
    "import importlib\n"
    "importlib.import_module('veriloop.sandbox.' + sys.argv[2]).main(sys.argv[3:])\n"
)


def command(module: str, *arguments: str) -> list[str]:
    """The argument list that runs ``main(arguments)`` of ``veriloop.sandbox.<module>`` in a bare Python.

    The package's own ``__init__`` files are not run, so the module may only import what it needs itself.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [sys.executable, "-I", "-S", "-c", _START, package, module, *arguments]
