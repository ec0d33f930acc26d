"""A prime divisor of either number of the first pair serves, if any does."""

import sys


def _primes(x):
    p, found = 2, set()
    while p * p <= x:
        while x % p == 0:
            found.add(p)
            x //= p
        p += 1
    return found | ({x} if x > 1 else set())


def _main():
    numbers = list(map(int, sys.stdin.buffer.read().split()))[1:]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    serving = (
        p
        for p in sorted(_primes(pairs[0][0]) | _primes(pairs[0][1]))
        if all(a % p == 0 or b % p == 0 for a, b in pairs)
    )
    print(next(serving, -1))


_main()
