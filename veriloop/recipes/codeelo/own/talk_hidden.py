"""Interactor of Hidden Number, testlib's protocol: answers at most 12 questions, then wants the number."""

import sys
from pathlib import Path

QUESTIONS = 12


def finish(code: int, message: str) -> None:
    """End with the exit code: 0 accepted, 1 wrong, 2 unreadable."""
    print(message, file=sys.stderr)
    sys.exit(code)


hidden = int(Path(sys.argv[1]).read_text())
asked = 0
while True:
    words = sys.stdin.readline().split()
    if len(words) != 2 or words[0] not in ("?", "!") or not words[1].lstrip("-").isdigit():
        finish(2, f"expected ? x or ! x, got {' '.join(words)[:40]!r}")
    number = int(words[1][:12])
    if words[0] == "!":
        finish(int(number != hidden), f"{number} after {asked} questions, it is {hidden}")
    asked += 1
    if asked > QUESTIONS:
        finish(1, f"more than {QUESTIONS} questions")
    print("<" if hidden < number else ">" if hidden > number else "=", flush=True)
