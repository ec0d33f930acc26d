"""A calculator: arithmetic worked out exactly, equations checked. The arithmetic itself is ``text.arithmetic``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

from veriloop.search.tools.observation import Observation
from veriloop.text.arithmetic import NoValue, evaluate, written
from veriloop.text.equations import agree

_SIGN = re.compile(r"(?<![<>!=])=+|≈")


@final
@dataclass(frozen=True)
class Calculator:
    """``3 * (4 + 5)`` gives 27. Of an equation, ``3 * 4 = 13``, it says supported or refuted, and what each side is."""

    name: str = "calculator"
    description: str = (
        "works out arithmetic exactly, such as 3 * (4 + 5) / 2, with % ^ sqrt round min max gcd; checks an equation "
        "such as 3 * 4 = 12."
    )

    async def call(self, text: str) -> Observation:
        """The value; of an equation whether it holds. What cannot be read is an error that says what can."""
        sides = _SIGN.split(text.strip())
        try:
            values = [evaluate(side) for side in sides]
        except NoValue as error:
            return Observation(error=str(error))
        if len(values) == 1:
            return Observation(written(values[0]))
        told = " and ".join(
            f"{s.strip()} is {written(v)}" for s, v in zip(sides, values, strict=True)
        )
        about = "≈" in text
        holds = all(agree(sides[0], side, about=about) for side in sides[1:])
        return Observation(f"{'supported' if holds else 'refuted'}: {told}")
