"""What a model's attempts come to: pass@k, pass rates, what was not handed in or not compiled, and how far to trust it.

pass@k and rates by bucket and tag are ``bench.rating.passes``'; here they stand beside the shares without which they
cannot be read. Judge errors and lost attempts are in no denominator. Works for any list of ``Attempts``, so for
HumanEval too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.codeelo.attempts import Attempts
from veriloop.bench.rating.passes import PassShares, ProblemFacts, pass_shares
from veriloop.bench.rating.scores import LOST, NO_CODE
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, ratio_of
from veriloop.codejudge.verdicts import Code
from veriloop.ids import Json

SHARES: Mapping[str, str] = {
    "accepted": "attempts accepted",
    "no_code": "answers without a program",
    "not_compiled": "programs that do not compile",
    "cut": "answers cut by the token limit",
    "guessed": "judged by a guessed comparison",
    "samples_only": "judged by the examples alone",
    "borderline": "borderline in time",
}
"""Shares of all attempts that were not lost, by key, in words."""


@final
@dataclass(frozen=True)
class AttemptSummary:
    """One model's figures over ``problems`` problems with ``samples`` attempts each.

    ``shares`` are percent of counted attempts, by the keys of SHARES. ``verdicts`` counts letters over all attempts,
    ``lost`` those in no denominator. ``isolations`` counts the judge's stamps. ``doubtful`` are refused attempts whose
    refusal rests on a guessed comparator: an upper bound of what the guess can have cost.
    """

    problems: int
    samples: int
    passes: PassShares
    shares: Mapping[str, Estimate]
    verdicts: Mapping[str, int]
    isolations: Mapping[str, int]
    doubtful: int

    @property
    def lost(self) -> int:
        """Attempts without a verdict: judge errors, and attempts lost with their problem."""
        return sum(n for code, n in self.verdicts.items() if code in LOST)

    @property
    def judge_errors(self) -> int:
        """Attempts that the judge failed on."""
        return self.verdicts.get(Code.JE.value, 0)

    def to_json(self) -> dict[str, Json]:
        """Everything, for a file."""
        p = self.passes
        return {
            "problems": self.problems,
            "samples": self.samples,
            "pass_at_first": {str(k): e.to_json() for k, e in p.first.items()},
            "pass_at_unbiased": {str(k): e.to_json() for k, e in p.unbiased.items()},
            "buckets": {name: e.to_json() for name, e in p.buckets.items()},
            "tags": {name: e.to_json() for name, e in p.tags.items()},
            "shares": {name: e.to_json() for name, e in self.shares.items()},
            "verdicts": dict[str, Json](self.verdicts),
            "lost": self.lost,
            "judge_errors": self.judge_errors,
            "doubtful": self.doubtful,
            "isolations": dict[str, Json](self.isolations),
        }


def summarise(
    attempts: Sequence[Attempts],
    facts: Mapping[str, ProblemFacts] | None = None,
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> AttemptSummary:
    """The figures of one model; ``facts`` say which bucket and tags a problem has. Intervals are over problems."""
    known = facts or {}
    verdicts = Counter(code for one in attempts for code in one.verdicts)
    return AttemptSummary(
        problems=len(attempts),
        samples=max((len(one.verdicts) for one in attempts), default=0),
        passes=pass_shares(attempts, known, bootstrap=bootstrap),
        shares=_shares(attempts, bootstrap),
        verdicts=dict(sorted(verdicts.items(), key=lambda item: (-item[1], item[0]))),
        isolations=dict(Counter(_isolations(attempts))),
        doubtful=sum(_doubtful(c, d) for one in attempts for c, d in _pairs(one)),
    )


def _shares(attempts: Sequence[Attempts], bootstrap: Bootstrap) -> dict[str, Estimate]:
    counted = [[(c, d) for c, d in _pairs(one) if c not in LOST] for one in attempts]
    some = [pairs for pairs in counted if pairs]
    if not some:
        return {}
    sizes = [len(pairs) for pairs in some]
    found: dict[str, Estimate] = {}
    for name in SHARES:
        hits = [100 * sum(_is(name, c, d) for c, d in pairs) for pairs in some]
        lost = len(attempts) - len(some)
        found[name] = bootstrap.estimate(ratio_of(hits, sizes), len(some), unscored=lost)
    return found


def _pairs(one: Attempts) -> list[tuple[str, Mapping[str, Json]]]:
    details = one.details or ({},) * len(one.verdicts)
    return list(zip(one.verdicts, details, strict=True))


def _is(name: str, code: str, detail: Mapping[str, Json]) -> bool:
    if name == "accepted":
        return code == Code.AC.value
    if name == "no_code":
        return code == NO_CODE
    if name == "not_compiled":
        return code == Code.CE.value
    if name == "cut":
        return detail.get("finish") == "length"
    return bool(detail.get(name))


def _doubtful(code: str, detail: Mapping[str, Json]) -> bool:
    return bool(detail.get("guessed")) and code in (Code.WA.value, Code.PE.value)


def _isolations(attempts: Sequence[Attempts]) -> list[str]:
    stamps = (d.get("isolation") for one in attempts for d in one.details)
    return [stamp for stamp in stamps if isinstance(stamp, str) and stamp]
