"""Where readers of problems say what they assumed: one line at a time, to whoever listens.

A reader that takes a default, guesses a comparison or leaves something out calls ``said``. The default listener writes
to standard error; a command may collect the lines instead. Errors are not notes: they are raised.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

Said = Callable[[str], None]
"""Takes one line."""


def tell(line: str) -> None:
    """Write the line to standard error."""
    print(line, file=sys.stderr)
