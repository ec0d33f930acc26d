"""Verdicts that are there already, as a verifier: panels, cascades and routers run again over them without asking.

Reading the folders that hold them is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import final

from veriloop.ids import content_id
from veriloop.records import Form, Granularity, Group, Source, Traits, Unscored, Verdict
from veriloop.verify.stamp import stamped

_UNKNOWN = Traits(Source.MODEL, tuple(Form), tuple(Granularity))


@final
@dataclass(frozen=True)
class Recorded:
    """What ``verdicts`` say of each solution, by its id, filed under ``name``; where they say nothing, ABSTAINED.

    ``of`` makes one: ``digest`` tells these verdicts from others in what is written down of a run, and ``traits`` are
    read off the verdicts, a model's where they do not say who speaks.
    """

    name: str
    verdicts: Mapping[str, Verdict] = field(repr=False)
    digest: str = ""
    traits: Traits = _UNKNOWN

    @classmethod
    def of(cls, name: str, verdicts: Iterable[Verdict]) -> Recorded:
        """Of several verdicts on one solution the last counts."""
        told = {verdict.solution: verdict for verdict in verdicts}
        digest = content_id("recorded", sorted(verdict.id for verdict in told.values()))
        forms = tuple(dict.fromkeys(v.form for v in told.values())) or tuple(Form)
        parts = tuple(dict.fromkeys(v.granularity for v in told.values())) or tuple(Granularity)
        sources = {v.source for v in told.values() if v.source is not None}
        source = sources.pop() if len(sources) == 1 else Source.MODEL
        return cls(
            name, told, digest, Traits(source, forms, parts, any(v.trained for v in told.values()))
        )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order, with the provenance and the cost that was recorded."""
        return tuple(
            replace(self.verdicts[s.id], verifier=self.name)
            if s.id in self.verdicts
            else stamped(
                self, s, unscored=Unscored.ABSTAINED, detail={"error": "nothing is recorded"}
            )
            for s in group.solutions
        )
