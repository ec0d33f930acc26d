"""The chat that shows a solution to a critic: the problem, the numbered steps, and a reference for a contrastive one.

One object is shared by the verifier that asks and by the feedback that writes training rows, so that a critic is
trained on what it will be shown. ``critic_direct`` and ``critic_contrastive`` explain the grammar of
``text.critiques`` to a general model; the prompts that end in ``_bare`` are the layout alone, for models fine-tuned to
it. Asking and reading is the critic's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from veriloop.records import Message, Problem
from veriloop.text.prompts import load_prompt
from veriloop.text.steps import join_steps

BARE = "_bare"


@final
@dataclass(frozen=True)
class CriticChat:
    """``prompt`` names a text file in ``veriloop/text/prompts``."""

    prompt: str = "critic_direct"

    @property
    def contrastive(self) -> bool:
        """True where the prompt shows a reference solution."""
        return "reference" in load_prompt("veriloop.text", self.prompt).fields

    @property
    def bare(self) -> bool:
        """True where only a fine-tuned model can follow the prompt: it explains nothing."""
        return self.prompt.endswith(BARE)

    def ask(
        self, problem: Problem, steps: Sequence[str], *, reference: Sequence[str] | None = None
    ) -> tuple[Message, ...]:
        """One user turn. ``reference`` is the steps of a right solution, which the contrastive prompts need and the
        others refuse: raises InputError otherwise.
        """
        template = load_prompt("veriloop.text", self.prompt)
        values = {"problem": problem.text, "steps": numbered(steps)}
        if reference is not None:
            values["reference"] = join_steps(reference)
        return (Message("user", template.fill(**values)),)


def numbered(steps: Sequence[str]) -> str:
    """The steps in tags that number them from 1, a blank line between them."""
    return "\n\n".join(f"<step_{i}>\n{step}\n</step_{i}>" for i, step in enumerate(steps, 1))
