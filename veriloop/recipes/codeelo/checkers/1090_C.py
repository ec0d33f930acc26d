"""Checker of 1090_C, testlib's protocol: the moves are played on the boxes, and must be as few as the jury's."""

import re
import sys
from collections import Counter
from pathlib import Path


def boxes_of(words: list[int]) -> list[Counter[int]]:
    """The boxes of the input, each a count of kinds."""
    boxes, at = [], 2
    for _ in range(words[0]):
        size = words[at]
        boxes.append(Counter(words[at + 1 : at + 1 + size]))
        at += 1 + size
    return boxes


def verdict(given: list[bytes], output: list[bytes], answer: list[bytes]) -> tuple[int, str]:
    """The exit code and what to say: 0 accepted, 1 wrong, 2 unreadable."""
    if not output or not all(re.fullmatch(rb"[0-9]{1,9}", word) for word in output):
        return 2, "expected whole numbers"
    best, (count, *numbers) = int(answer[0]), map(int, output)
    if len(numbers) != 3 * count:
        return 2, f"{count} moves are {3 * count} numbers, got {len(numbers)}"
    if count > best:
        return 1, f"{count} moves, {best} are enough"
    boxes = boxes_of([int(word) for word in given])
    for row, (source, target, kind) in enumerate(
        zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True), 1
    ):
        if not (1 <= source <= len(boxes) and 1 <= target <= len(boxes)):
            return 1, f"move {row}: there is no such box"
        if boxes[source - 1][kind] < 1:
            return 1, f"move {row}: box {source} holds no present of kind {kind}"
        boxes[source - 1][kind] -= 1
        boxes[target - 1][kind] += 1
    if any(count > 1 for box in boxes for count in box.values()):
        return 1, "a box ends with two presents of a kind"
    sizes = [box.total() for box in boxes]
    if max(sizes) - min(sizes) > 1:
        return 1, f"boxes end with {min(sizes)} to {max(sizes)} presents"
    return (
        (3, f"{count} moves do, the jury needs {best}") if count < best else (0, f"{count} moves")
    )


code, message = verdict(*(Path(name).read_bytes().split() for name in sys.argv[1:4]))
print(message, file=sys.stderr)
sys.exit(code)
