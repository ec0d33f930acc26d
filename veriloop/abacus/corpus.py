"""What the Abacus models read in training: endless streams of (user, assistant) pairs.

The policy reads a corpus like the web's: mostly right solutions, many misreadings, some slips,
and a share of bare arithmetic. The judge reads true solutions, critiques of true and corrupted
ones, and drills in comparing two numbers; the critic true solutions, true critiques and planted
errors. All see the `pretrain` split only, so nothing a later stage trains or measures on was seen
here. Turning text into batches is `pretrain`'s work.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from veriloop.abacus.critiques import DIFFERS, SAME, critique, judge_prompt
from veriloop.abacus.problems import LIMIT, compute, problem
from veriloop.abacus.solutions import STYLES, corrupted_steps, gold_steps, teacher_steps
from veriloop.abacus.student_critiques import (
    critic_prompt,
    inject_prompt,
    injected,
    student_critique,
)

Pair = tuple[str, str]
DRILL_SHARE = 0.1
# Shares of the judge's stream: solving, judging corrupted work; the rest is comparison drills.
SOLVE_SHARE, JUDGE_SHARE = 0.32, 0.6
_WRONG_SHARE = 0.75
# Shares of the critic's stream: solving, critiques beside a reference, critiques without one, planting errors;
# the rest is drills. Without a reference it saw so few that it is weak there, and that is what it has to learn.
CRITIC_SHARES = {"solve": 0.3, "contrastive": 0.42, "direct": 0.01, "inject": 0.1}


def policy_pairs(seed: int) -> Iterator[Pair]:
    """The policy's stream: problem -> solution as its corpus holds it, and equation drills."""
    rng = random.Random(f"abacus/policy/{seed}")
    index = 0
    while True:
        if rng.random() < DRILL_SHARE:
            yield _equations(rng)
            continue
        item = problem(seed, index, "pretrain")
        index += 1
        yield item.text, "\n\n".join(teacher_steps(item.meta, rng))


def judge_pairs(seed: int) -> Iterator[Pair]:
    """The judge's stream: true solutions, true critiques, comparison and equation drills."""
    rng = random.Random(f"abacus/judge/{seed}")
    index = 0
    while True:
        draw = rng.random()
        if draw >= SOLVE_SHARE + JUDGE_SHARE:
            yield _comparisons(rng) if rng.random() < 0.5 else _equations(rng)
            continue
        item = problem(seed + 1_000, index, "pretrain")
        index += 1
        if draw < SOLVE_SHARE:
            yield item.text, "\n\n".join(gold_steps(item.meta, rng.choice(STYLES)))
            continue
        wrong = rng.random() < _WRONG_SHARE
        steps = (
            corrupted_steps(item.meta, rng) if wrong else gold_steps(item.meta, rng.choice(STYLES))
        )
        target = critique(item.meta, steps)
        if target is not None:
            yield judge_prompt(item.text, steps), target


def critic_pairs(seed: int) -> Iterator[Pair]:
    """The critic's stream: true solutions, true critiques (few without a reference), planted errors, drills."""
    rng = random.Random(f"abacus/critic/{seed}")
    index = 0
    kinds = [*CRITIC_SHARES, "drill"]
    weights = [*CRITIC_SHARES.values(), 1 - sum(CRITIC_SHARES.values())]
    while True:
        kind = rng.choices(kinds, weights)[0]
        if kind == "drill":
            yield _comparisons(rng) if rng.random() < 0.5 else _equations(rng)
            continue
        item = problem(seed + 2_000, index, "pretrain")
        index += 1
        style = rng.choice(STYLES)
        right = gold_steps(item.meta, style)
        if kind == "solve":
            yield item.text, "\n\n".join(right)
            continue
        if kind == "inject":
            wrong = injected(item.meta, style, rng)
            yield inject_prompt(item.text, right), "\n\n".join(wrong)
            continue
        reference = gold_steps(item.meta, rng.choice(STYLES)) if kind == "contrastive" else []
        steps = corrupted_steps(item.meta, rng) if rng.random() < _WRONG_SHARE else right
        target = student_critique(item.meta, steps, reference)
        if target is not None:
            yield critic_prompt(item.text, steps, reference), target


def critic_tokenizer_texts(seed: int, count: int) -> Iterator[str]:
    """Texts for training the critic's tokenizer."""
    stream = critic_pairs(seed)
    for _ in range(count):
        user, assistant = next(stream)
        yield f"system\nuser\n{user}\nassistant\n{assistant}"


def tokenizer_texts(seed: int, count: int) -> Iterator[str]:
    """Texts for training the tokenizer: both streams in equal parts."""
    for stream in (policy_pairs(seed), judge_pairs(seed)):
        for _ in range(count):
            user, assistant = next(stream)
            yield f"system\nuser\n{user}\nassistant\n{assistant}"


def _equations(rng: random.Random) -> Pair:
    sums: list[tuple[int, str, int]] = []
    while len(sums) < 5:
        op = rng.choice(("+", "-", "-", "*", "//"))
        a, b = rng.randint(2, LIMIT), rng.randint(2, 12 if rng.random() < 0.7 else 40)
        if op == "*":
            a, b = (a, 2) if a <= LIMIT // 2 else (rng.randint(2, 5), rng.randint(2, 6))
        if 1 <= compute(op, a, b) <= LIMIT and (op != "//" or b <= 9):
            sums.append((a, op, b))
    asked = ", ".join(f"{a}{op}{b}" for a, op, b in sums)
    done = "\n".join(f"{a}{op}{b}={compute(op, a, b)}" for a, op, b in sums)
    return f"Practice. {asked}", done


def _comparisons(rng: random.Random) -> Pair:
    rows: list[tuple[int, int]] = []
    for _ in range(8):
        a = rng.randint(1, LIMIT)
        b = a if rng.random() < 0.5 else max(1, a + rng.choice((-20, -10, -2, -1, 1, 2, 10, 20)))
        rows.append((a, b))
    asked = ", ".join(f"{a} and {b}" for a, b in rows)
    done = ", ".join(f"{a} vs {b} {SAME if a == b else DIFFERS}" for a, b in rows)
    return f"Compare. {asked}", done
