"""Only raised elements matter: the steps of a row add up to its last element less its first."""

import sys


def _main():
    words = list(map(int, sys.stdin.buffer.read().split()))
    n, m, p = words[:3]
    raised = [{} for _ in range(n + 1)]
    for i, j in zip(words[3 : 3 + 2 * p : 2], words[4 : 4 + 2 * p : 2], strict=True):
        if 1 <= i <= n:  # some tests of the set name rows that are not there
            raised[i][j] = raised[i].get(j, 0) + 1
    for row in raised[1:]:
        falls = any(j < m and by > 1 + row.get(j + 1, 0) for j, by in row.items())
        print(-1 if falls else m - 1 + row.get(m, 0) - row.get(1, 0))


_main()
