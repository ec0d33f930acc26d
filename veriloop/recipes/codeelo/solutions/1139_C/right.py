"""All sequences less those that stay in one component of red edges."""

import sys

MOD = 10**9 + 7


def _main():
    words = list(map(int, sys.stdin.buffer.read().split()))
    n, k = words[:2]
    leader = list(range(n + 1))

    def find(v):
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    for u, v, black in zip(words[2::3], words[3::3], words[4::3], strict=False):
        if not black:
            leader[find(u)] = find(v)
    sizes = [0] * (n + 1)
    for v in range(1, n + 1):
        sizes[find(v)] += 1
    print((pow(n, k, MOD) - sum(pow(size, k, MOD) for size in sizes)) % MOD)


_main()
