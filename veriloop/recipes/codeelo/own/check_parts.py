"""Checker of Parts, testlib's protocol: n different numbers above 0 with the sum s, or -1 for none."""

import re
import sys
from pathlib import Path


def verdict(given: list[bytes], output: list[bytes]) -> tuple[int, str]:
    """The exit code and what to say: 0 accepted, 1 wrong, 2 unreadable."""
    n, total = (int(word) for word in given)
    if not output or not all(re.fullmatch(rb"-?[0-9]{1,12}", word) for word in output):
        return 2, "expected whole numbers"
    numbers = [int(word) for word in output]
    possible = n * (n + 1) // 2 <= total
    if numbers == [-1]:
        return (1, "-1, and there is an answer") if possible else (0, "none exists")
    if len(numbers) != n:
        return 1, f"{len(numbers)} numbers, {n} expected"
    if min(numbers) < 1 or len(set(numbers)) < n:
        return 1, "the numbers are not different and above 0"
    if sum(numbers) != total:
        return 1, f"the sum is {sum(numbers)}, {total} expected"
    return (0, "they serve") if possible else (3, "they serve, and the jury found none")


code, message = verdict(*(Path(name).read_bytes().split() for name in sys.argv[1:3]))
print(message, file=sys.stderr)
sys.exit(code)
