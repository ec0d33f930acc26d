"""Breadth first; a digit's jumps are taken once, at the first of its places that is reached."""

import sys
from collections import deque


def _main():
    digits = sys.stdin.readline().strip()
    places = {}
    for place, digit in enumerate(digits):
        places.setdefault(digit, []).append(place)
    jumps = [-1] * len(digits)
    jumps[0] = 0
    queue = deque([0])
    while queue:
        here = queue.popleft()
        for there in (*places.pop(digits[here], ()), here - 1, here + 1):
            if 0 <= there < len(digits) and jumps[there] < 0:
                jumps[there] = jumps[here] + 1
                queue.append(there)
    print(jumps[-1])


_main()
