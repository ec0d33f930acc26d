"""The child process of ``equality``: reads [reference, answer] as JSON lines, writes a JSON line for each.

Run as a script of its own that imports nothing of the package, so that it starts fast and wherever the parent
does. It ends when its input does; while it checks, the kernel's own alarm stands behind the parent's, so that a
check that hangs ends even where the parent was killed and nobody reads any more.
"""

from __future__ import annotations

import json
import signal
import sys

MEMORY = 4 * 2**30  # bytes of address space: a check that wants more has run wild


def main(timeout: float) -> None:
    """Serve until standard input ends. ``timeout`` is in seconds and holds for each pair."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass  # no such limit on this system: the time limit remains
    try:
        from math_verify import parse, verify
    except Exception as error:
        _say({"ready": False, "error": f"{type(error).__name__}: {error}"})
        return
    _say({"ready": True})
    # The alarm's default action ends the process inside the kernel: no long C call can hold it up.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for line in sys.stdin:
        reference, answer = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, timeout)
        try:
            gold, said = (parse(boxed(x), parsing_timeout=0) for x in (reference, answer))
            verdict: dict[str, object] = {"equal": verify(gold, said, timeout_seconds=0)}
        except Exception as error:
            verdict = {"error": f"{type(error).__name__}: {error}"[:300]}
        signal.setitimer(signal.ITIMER_REAL, 0)
        _say(verdict)


def boxed(answer: str) -> str:
    """The answer as math-verify reads LaTeX whole; bare text is searched for its last number."""
    return f"\\boxed{{{answer}}}"


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]))
