"""A CodeElo problem: the official record's fields, and what the official file lacks for judging and rating.

Official fields (Qwen/CodeElo, problems.json): problem_id, url, title, rating, tags, div, time_limit_ms,
memory_limit_mb, description, input, output, interaction, examples, note. Added here: tests, checker, interactor,
comparator, points, scoring, contest_start, duration_min. Reading files is ``reading``'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import Literal, TypeAlias, final

from veriloop.bench.rating.passes import ProblemFacts
from veriloop.bench.rating.scores import PROBLEM_ID
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.codejudge.wording import Wording, wording
from veriloop.sandbox.limits import MIB

Scoring: TypeAlias = Literal["cf", "icpc"]

DIVISIONS = ("Div. 1", "Div. 2", "Div. 3", "Div. 4", "Div. 1 + 2")
DEFAULT_TIME_MS, DEFAULT_MEMORY_MB = (
    2000,
    256,
)  # the commonest of the official set, where none is known


@final
@dataclass(frozen=True)
class CodeEloProblem:
    """One problem. Texts are Markdown with LaTeX, ``examples`` is HTML; limits are None where the file has none.

    ``tests`` are the hidden tests, empty where they stay on the platform. ``compare`` names a comparator of the judge,
    empty where nothing said how outputs are compared: then the statement's words decide, and tokens by default.
    ``points`` is what the problem is worth in a round with points, None in one that counts problems.
    ``contest_start`` is in seconds since 1970.
    """

    id: str
    title: str = ""
    div: str = ""
    rating: int | None = None
    tags: tuple[str, ...] = ()
    url: str = ""
    time_limit_ms: int | None = None
    memory_limit_mb: int | None = None
    description: str = ""
    input: str = ""
    output: str = ""
    interaction: str = ""
    examples: str = ""
    note: str = ""
    points: float | None = None
    scoring: Scoring | None = None
    compare: str = ""
    checker: JuryProgram | None = None
    interactor: JuryProgram | None = None
    tests: tuple[Test, ...] = ()
    contest_start: int | None = None
    duration_min: int | None = None

    @property
    def contest(self) -> int | None:
        """The contest's number, where the id is one and a letter."""
        found = PROBLEM_ID.fullmatch(self.id)
        return int(found[1]) if found else None

    @property
    def index(self) -> str:
        """The letter within the contest; the whole id where there is none."""
        found = PROBLEM_ID.fullmatch(self.id)
        return found[2] if found else self.id

    @property
    def interactive(self) -> bool:
        """True where the program talks to an interactor."""
        return bool(self.interaction.strip()) or self.interactor is not None

    @property
    def facts(self) -> ProblemFacts:
        """Rating and tags, as pass rates are broken down by; its ``bucket`` is easy, medium, hard or empty."""
        return ProblemFacts(self.id, self.rating, self.tags)

    @property
    def family(self) -> Scoring | None:
        """How the contest is scored: as told, by the presence of points, else by the division.

        None for a ``Div. 2`` problem without either: Educational rounds count problems and carry that label too.
        """
        if self.scoring is not None:
            return self.scoring
        if self.points is not None:
            return "cf"
        return {"Div. 1": "cf", "Div. 1 + 2": "cf", "Div. 3": "icpc", "Div. 4": "icpc"}.get(
            self.div
        )  # type: ignore[return-value]

    @cached_property
    def wording(self) -> Wording:
        """What the statement's words say of comparing outputs: a hint, not a proof."""
        return wording("\n".join((self.description, self.output, self.note)))

    @property
    def guessed(self) -> bool:
        """True where nothing said how outputs are compared, and the statement's words ask for more than tokens."""
        told = self.compare or self.checker is not None or self.interactor is not None
        return not told and bool(self.wording.rules)

    def samples(self) -> tuple[Test, ...]:
        """The statement's examples as tests; none of an interactive problem, whose examples are transcripts."""
        if self.interactive:
            return ()
        pairs = example_pairs(self.examples)
        return tuple(
            Test(f"sample-{i}", given.encode(), answer.encode(), sample=True)
            for i, (given, answer) in enumerate(pairs, 1)
        )

    def judged(self, *, by_samples: bool = False) -> JudgedProblem | None:
        """What the judge takes; None where there are no tests, or an interactor is missing.

        ``by_samples`` takes the statement's examples where there are no hidden tests: what they accept is not accepted
        by the contest.
        """
        tests = self.tests or (self.samples() if by_samples else ())
        if not tests or (self.interactive and self.interactor is None):
            return None
        return JudgedProblem(
            self.id,
            tests,
            time_s=(self.time_limit_ms or DEFAULT_TIME_MS) / 1000,
            memory=(self.memory_limit_mb or DEFAULT_MEMORY_MB) * MIB,
            compare=self.compare or self.wording.compare,
            checker=self.checker,
            interactor=self.interactor,
            guessed=self.guessed,
            title=self.title,
        )


def example_pairs(examples: str) -> list[tuple[str, str]]:
    """The (input, output) texts of the tables of class ``vjudge_sample``, entities resolved.

    >>> example_pairs("<table><tr><td><pre>1 &lt; 2</pre></td><td><pre>yes</pre></td></tr></table>")
    [('1 < 2', 'yes')]
    """
    reader = _Examples()
    reader.feed(examples)
    reader.close()
    cells = reader.cells
    return list(zip(cells[::2], cells[1::2], strict=False))


class _Examples(HTMLParser):
    """Collects the text of every ``pre`` inside a table; ``br`` is a line end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cells: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self.inside = True
            self.cells.append("")
        elif tag == "br" and self.inside:
            self.cells[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data
