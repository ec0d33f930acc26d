"""How much more time a language gets: a named policy, written into every report.

The default is the same time for all. A factor changes verdicts, so there is no hidden one anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from veriloop.codejudge.languages import language
from veriloop.errors import InputError

MOST = 1000  # times a limit


@final
@dataclass(frozen=True)
class Policy:
    """``factors`` multiply a problem's time limit by language key; a language without one has factor 1."""

    name: str
    factors: Mapping[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        for key, factor in self.factors.items():
            if not 0 < factor <= MOST:
                raise InputError(
                    f"the time factor of {key} must be above 0 and at most {MOST}, got {factor!r}"
                )

    def factor(self, key: str) -> float:
        """What a time limit is multiplied by for this language."""
        return self.factors.get(key, 1.0)


POLICIES: Mapping[str, Policy] = {
    "default": Policy("default"),
    # stepfun-ai/CF-Div2-Stepfun, README: twice the time for Python and Java.
    "stepfun": Policy("stepfun", {"java": 2.0, "pypy": 2.0, "python": 2.0}),
}


def policy(spec: str) -> Policy:
    """The policy of this name, or one written out, such as ``python=3,java=2``. Raises InputError.

    A written-out policy has itself, in sorted order, as its name.
    """
    if spec in POLICIES:
        return POLICIES[spec]
    factors: dict[str, float] = {}
    for part in spec.split(","):
        name, equals, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not equals or not number > 0:
            raise InputError(
                f"no time policy {spec!r}: it is one of {', '.join(POLICIES)}, or factors above 0 such as "
                "python=3,java=2"
            )
        factors[language(name).key] = number
    return Policy(",".join(f"{k}={v:g}" for k, v in sorted(factors.items())), factors)
