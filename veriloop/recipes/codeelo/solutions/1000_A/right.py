"""One letter turns any size into any other of its length: count the shirts that find no equal."""

import sys
from collections import Counter


def _main():
    n, *sizes = sys.stdin.read().split()
    count = int(n)
    old, new = Counter(sizes[:count]), Counter(sizes[count : 2 * count])
    print(count - (old & new).total())


_main()
