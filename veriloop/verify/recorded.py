"""Verdicts that are there already, as a verifier: panels, cascades and routers run again over them without asking.

Reading the folders that hold them is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import final

from veriloop.ids import content_id
from veriloop.records import Form, Granularity, Group, Traits, Unscored, Verdict


@final
@dataclass(frozen=True)
class Recorded:
    """What ``verdicts`` say of each solution, by its id, filed under ``name``; where they say nothing, ABSTAINED.

    ``digest`` tells these verdicts from others in what is written down of a run; ``of`` makes it. ``traits`` are the
    verifier's who made them, as far as they are known.
    """

    name: str
    verdicts: Mapping[str, Verdict] = field(repr=False)
    digest: str = ""
    traits: Traits | None = None

    @classmethod
    def of(cls, name: str, verdicts: Iterable[Verdict], traits: Traits | None = None) -> Recorded:
        """Of several verdicts on one solution the last counts."""
        told = {verdict.solution: verdict for verdict in verdicts}
        digest = content_id("recorded", sorted(verdict.id for verdict in told.values()))
        return cls(name, told, digest, traits)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order, with the provenance and the cost that was recorded."""
        return tuple(
            replace(self.verdicts[s.id], verifier=self.name)
            if s.id in self.verdicts
            else Verdict(
                problem=group.problem.id,
                solution=s.id,
                verifier=self.name,
                form=self._form(),
                granularity=Granularity.TRAJECTORY,
                unscored=Unscored.ABSTAINED,
                detail={"error": "nothing is recorded"},
                source=self.traits.source if self.traits else None,
                trained=self.traits.trained if self.traits else None,
            )
            for s in group.solutions
        )

    def _form(self) -> Form:
        return next((verdict.form for verdict in self.verdicts.values()), Form.SCORE)
