"""Abacus, the embedded world: problems whose every step can be checked, and tiny models.

`problems` makes word problems, `first_error` knows which written step is wrong, `checkpoint` finds
the shipped models. Importing it loads no heavy library, and nothing outside knows of Abacus: how
its problems become the system's records is decided where they are used.
"""

from veriloop.abacus.checker import (
    StepCheck,
    check_steps,
    error_kind,
    first_error,
    is_correct,
    split_steps,
)
from veriloop.abacus.checkpoints import checkpoint, fingerprint, training_record
from veriloop.abacus.critiques import critique, judge_prompt
from veriloop.abacus.problems import FAMILIES, AbacusProblem, problem, problems, split_of
from veriloop.abacus.solutions import corrupted_steps, gold_steps

__all__ = [
    "FAMILIES",
    "AbacusProblem",
    "StepCheck",
    "check_steps",
    "checkpoint",
    "corrupted_steps",
    "critique",
    "error_kind",
    "fingerprint",
    "first_error",
    "gold_steps",
    "is_correct",
    "judge_prompt",
    "problem",
    "problems",
    "split_of",
    "split_steps",
    "training_record",
]
