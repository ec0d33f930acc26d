"""What a statement's own words say of comparing outputs, for sets that have no checker and name no comparison.

One table of rules, read from top to bottom. A rule names a comparison (letters of either case, a tolerance) or says
that several outputs are right, which no comparison with one answer can decide. All of it is a guess, and is marked as
one: wording is a hint, absence of wording proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

_VERB = r"\b(?:prints?|printed|outputs?|returns?|reports?|finds?|gives?|writes?|shows?|displays?)\b"
_KINDS = (
    r"(?:answers?|solutions?|outputs?|ways?|sequences?|arrays?|permutations?|strings?|sets?|plans?|paths?|numbers?"
    r"|optim(?:al|um)\w*|possibilities|options?|constructions?|matchings?|orders?|arrangements?)"
)
_POWER = r"10\s*\*{0,2}\s*\^?\s*\{?\s*\(?\s*[-−–]\s*(?P<power>[0-9]{1,2})"
_SMALL = rf"(?:{_POWER}|1e[-−–](?P<e>[0-9]{{1,2}})|0?\.(?P<zeros>0*)1\b)"


@final
@dataclass(frozen=True)
class Rule:
    """A pattern (over lower-case text with single blanks) and what it stands for: ``numbers`` takes its tolerance from
    the match, another ``compare`` stands as it is, and none means that several outputs are right.
    """

    name: str
    pattern: str
    compare: str = ""


RULES: tuple[Rule, ...] = (
    Rule(
        "letters of either case",
        r"\bin any case\b(?!,)|\bany case \(|\bcase[- ]insensitive\b"
        r"|\bupper(?:case)? or lower(?:case)?\b.{0,40}\b(?:any|both|either)\b",
        "tokens-anycase",
    ),
    Rule(
        "a tolerance",
        rf"\b(?:error|differs?|difference|precision|accuracy|tolerance)\b[^.]{{0,120}}?{_SMALL}",
        "numbers",
    ),
    Rule(
        "print any",
        rf"{_VERB}[^.;]{{0,80}}\bany\b(?! (?:case|other|more|extra|additional|debug|number of|letter)\b)",
    ),
    Rule(
        "any of several",
        r"\bany (?:one )?of (?:them|these|those|the (?:answers|solutions|possible|valid|optimal|correct))\b"
        r"|\bany (?:valid|correct|possible|suitable|optimal|such|acceptable) (?:answer|solution|output|one)\b",
    ),
    Rule(
        "several answers",
        rf"\b(?:multiple|several|many|more than one|different) (?:(?:possible|valid|correct|optimal|different|such"
        rf"|suitable|shortest|best) )*{_KINDS}\b[^.]{{0,60}}\b(?:any|all|one of|either|whichever|accept)",
    ),
    Rule(
        "other answers are accepted",
        r"\b(?:other|another|alternative|any) (?:(?:valid|correct|possible|optimal|right) )*"
        r"(?:answers?|solutions?|outputs?) (?:\w+ ){0,4}(?:accepted|allowed|valid|correct)\b",
    ),
    Rule("arbitrary answer", rf"{_VERB}[^.;]{{0,60}}\b(?:an )?arbitrary\b|\barbitrarily\b"),
    Rule(
        "not unique", r"\b(?:answer|solution|output)s? (?:is|are|may be|need) not (?:be )?unique\b"
    ),
)
"""Every rule. The first that matches of those that name a comparison names it; one that says several is enough."""

_COMPILED = tuple((rule, re.compile(rule.pattern)) for rule in RULES)
_MOST_TEXT = 1 << 20


@final
@dataclass(frozen=True)
class Wording:
    """What a statement says: the comparison (``tokens`` where it says nothing), whether several outputs are right, and
    the names of the rules that matched.
    """

    compare: str = "tokens"
    several: bool = False
    rules: tuple[str, ...] = ()


def wording(statement: str) -> Wording:
    """What the words of ``statement`` say of comparing. What is after the first MiB is not read."""
    text = " ".join(statement[:_MOST_TEXT].lower().split())
    found = [(rule, match) for rule, pattern in _COMPILED if (match := pattern.search(text))]
    compare = next((_compare(rule, match) for rule, match in found if rule.compare), "tokens")
    several = any(not rule.compare for rule, _ in found)
    return Wording(compare, several, tuple(rule.name for rule, _ in found))


def _compare(rule: Rule, match: re.Match[str]) -> str:
    if rule.compare != "numbers":
        return rule.compare
    power = match["power"] or match["e"]
    digits = int(power) if power else len(match["zeros"]) + 1
    return f"numbers:1e-{digits}"
