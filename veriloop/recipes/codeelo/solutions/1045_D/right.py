"""Components are planets that stand less wormholes between two that stand; each planet keeps its children's sum."""

import sys


def _main():
    words = iter(sys.stdin.buffer.read().split())
    n = int(next(words))
    stands = [1 - float(next(words)) for _ in range(n)]
    near = [[] for _ in range(n)]
    for _ in range(n - 1):
        a, b = int(next(words)), int(next(words))
        near[a].append(b)
        near[b].append(a)
    up, below, order = [-1] * n, [0.0] * n, [0]
    for v in order:
        for w in near[v]:
            if w != up[v]:
                up[w] = v
                below[v] += stands[w]
                order.append(w)
    expected = sum(s * (1 - b) for s, b in zip(stands, below, strict=True))
    for _ in range(int(next(words))):
        v, by = int(next(words)), 1 - float(next(words))
        by -= stands[v]
        expected += by * (1 - below[v])
        if up[v] >= 0:
            expected -= by * stands[up[v]]
            below[up[v]] += by
        stands[v] += by
        print(f"{expected:.6f}")


_main()
