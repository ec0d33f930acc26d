"""The process behind ``equality``: reads pairs of answers, one JSON line each, and writes 1, 0 or what failed.

It ends with its parent, whatever happens to either, and cannot take the machine's memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import resource
import signal
import sys

MEMORY = 4 * 2**30
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until standard input ends."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    from math_verify import parse, verify

    print("ready", flush=True)
    for line in sys.stdin:
        reference, answer = json.loads(line)
        try:
            # Time limits of its own use SIGALRM; the parent's kill replaces them.
            gold, said = (
                parse(_delimited(text), parsing_timeout=None) for text in (reference, answer)
            )
            equal = verify(gold, said, timeout_seconds=None)
            print(int(equal), flush=True)
        except Exception as error:
            print(f"{type(error).__name__}: {error}".replace("\n", " ")[:200], flush=True)


def _delimited(text: str) -> str:
    """LaTeX is only read between delimiters."""
    return text if "$" in text or "\\boxed" in text else f"${text}$"


if __name__ == "__main__":
    main()
