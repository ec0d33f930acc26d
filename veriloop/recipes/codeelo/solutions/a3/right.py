"""Every hint holds on an interval of numbers, or outside of one point: sweep where intervals start and end."""

import sys

LAST = 10**9


def _holds(relation, x, yes):
    if relation == "<":
        return [(1, x - 1)] if yes else [(x, LAST)]
    if relation == ">":
        return [(x + 1, LAST)] if yes else [(1, x)]
    return [(x, x)] if yes else [(1, x - 1), (x + 1, LAST)]


def _main():
    words = iter(sys.stdin.read().split())
    for _ in range(int(next(words))):
        hints = int(next(words))
        change = []
        for _ in range(hints):
            relation, x, answer = next(words), int(next(words)), next(words)
            for first, last in _holds(relation, x, answer == "Yes"):  # misspelt is No
                if max(first, 1) <= min(last, LAST):
                    change += [(max(first, 1), 1), (min(last, LAST) + 1, -1)]
        now = most = 0
        for _, by in sorted(change):  # of one number, ends come before starts
            now += by
            most = max(most, now)
        print(hints - most)


_main()
