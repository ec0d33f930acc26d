"""The r fullest boxes keep one more than the rest, r the remainder; who has too many gives to who has too few."""

import sys


def _main():
    words = list(map(int, sys.stdin.buffer.read().split()))
    n, boxes, at = words[0], [], 2
    for _ in range(n):
        boxes.append(words[at + 1 : at + 1 + words[at]])
        at += 1 + words[at]
    each, more = divmod(sum(map(len, boxes)), n)
    order = sorted(range(n), key=lambda i: -len(boxes[i]))
    goal = {box: each + (place < more) for place, box in enumerate(order)}
    takers = [i for i in order if len(boxes[i]) < goal[i]]
    moves = []
    for giver in order:
        kinds = boxes[giver]
        while len(kinds) > goal[giver]:
            taker = takers[-1]
            has, kept = set(boxes[taker]), []
            while len(kinds) + len(kept) > goal[giver] and len(boxes[taker]) < goal[taker]:
                kind = kinds.pop()  # a fuller box always holds a kind that the other lacks
                if kind in has:
                    kept.append(kind)
                    continue
                boxes[taker].append(kind)
                moves.append(f"{giver + 1} {taker + 1} {kind}")
            kinds += kept
            if len(boxes[taker]) == goal[taker]:
                takers.pop()
    print(len(moves), *moves, sep="\n")


_main()
