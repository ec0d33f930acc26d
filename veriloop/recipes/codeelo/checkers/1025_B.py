"""Checker of 1025_B, testlib's protocol: any number above 1 that divides one of each pair."""

import re
import sys
from pathlib import Path


def verdict(given: list[bytes], output: list[bytes], answer: list[bytes]) -> tuple[int, str]:
    """The exit code and what to say: 0 accepted, 1 wrong, 2 unreadable."""
    if len(output) != 1 or not re.fullmatch(rb"-1|[1-9][0-9]{0,18}", output[0]):
        return 2, "expected one whole number"
    value, numbers = int(output[0]), [int(x) for x in given[1:]]
    exists = int(answer[0]) != -1
    if value == -1:
        return (1, "there is an answer, -1 given") if exists else (0, "none exists")
    if value < 2:
        return 1, f"{value} is not above 1"
    for row, (a, b) in enumerate(zip(numbers[::2], numbers[1::2], strict=True), 1):
        if a % value and b % value:
            return 1, f"{value} divides neither number of pair {row}"
    return (0, f"{value} serves") if exists else (3, f"{value} serves, and the jury found none")


code, message = verdict(*(Path(name).read_bytes().split() for name in sys.argv[1:4]))
print(message, file=sys.stderr)
sys.exit(code)
