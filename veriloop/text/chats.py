"""The chat that shows a problem to a model: an optional system message, and the problem as a user turn.

One object is shared by search, rollouts and reward models, so that all of them show the same chat. Rendering
a chat into tokens is the engine's business (its model's own template).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.records import Message, Problem, Prompt

QWEN_MATH_SYSTEM = r"Please reason step by step, and put your final answer within \boxed{}."


@final
@dataclass(frozen=True)
class Chat:
    """``system`` None sends none: the model's own template may then add its default.

    ``suffix`` is appended to the user turn, for models that expect an instruction there.
    """

    system: str | None = None
    suffix: str = ""

    def render(self, problem: Problem) -> Prompt:
        """The messages to send. A problem that is a chat already keeps its turns and its own system."""
        if not isinstance(problem.prompt, str):
            return problem.prompt
        user = Message("user", problem.prompt + self.suffix)
        return (user,) if self.system is None else (Message("system", self.system), user)
