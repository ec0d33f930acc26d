"""What a run has collected, read back: solutions, the vote's answers, who is criticised and who measures.

Pure functions of the records in the run's folder, so that a worker process and a page that is made again see what the
run saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.errors import InputError
from veriloop.feedback.ground_truth import Settled, Vote, settle, with_answer
from veriloop.feedback.students import Chosen, Students
from veriloop.ids import derive_seed
from veriloop.recipes.scrit.critiquing import ANSWER, Critiquing, Silent, read_any
from veriloop.recipes.scrit.settings import Arm, Settings
from veriloop.records import Group, Problem, Solution, Verdict
from veriloop.runs.stages import Run, join, read_all
from veriloop.verify.equality import Equality


@final
@dataclass(frozen=True)
class Collected:
    """The records in ``folder``, as ``settings`` reads them."""

    settings: Settings
    folder: Path

    def problems(self, part: str) -> list[Problem]:
        """``train`` or ``heldout``."""
        return read_all(self.folder / "problems" / part, Problem)

    def solutions(self, part: str) -> list[Solution]:
        """The solutions of all students, in their order."""
        found = sorted(
            (self.folder / "solutions").glob(f"{part}-*"), key=lambda p: int(p.name.split("-")[1])
        )
        return [solution for folder in found for solution in read_all(folder, Solution)]

    def settled(self) -> Settled:
        """The training problems with the answer that the base critic's votes give."""
        votes = read_all(self.folder / "solutions/votes", Solution)
        return settle(join(self.problems("train"), votes), Vote(self.settings.vote_share))

    def answered(self) -> list[Group]:
        """The students' solutions of training problems under the voted answers, where there is one."""
        truths = self.settled().truths
        groups = join(self.problems("train"), self.solutions("train"))
        return [
            with_answer(group, answer)
            for group in groups
            if (answer := truths[group.problem.id].answer) is not None
        ]

    def students(self) -> Chosen:
        """The training solutions that are criticised, with the verdicts on their answers. Raises InputError where
        there are none.
        """
        groups = self.answered()
        said = read_any(self.folder / "verdicts/train", Verdict)
        solutions = [s for group in groups for s in group.solutions]
        labelled = join([group.problem for group in groups], solutions, said)
        s = self.settings
        chosen = Students(ANSWER, s.cap, s.seed).choose(labelled)
        if not chosen.groups:
            raise InputError(
                "no training problem has both a right and a wrong solution by the vote, so that nothing can be "
                "criticised: give more problems, more samples, or students that are neither perfect nor hopeless"
            )
        return chosen

    def critiqued(self, arm: Arm, equality: Equality) -> list[Group]:
        """The targets of an arm's critiques with all that was said of them and of their corrections."""
        groups: Sequence[Group] = self.students().groups
        if arm.way == "inject":
            groups = self._planted(groups, arm.source)
        run = Run(self.folder)
        made = Critiquing(self.settings, run, equality, arm.way, arm.source, Silent())
        return made.groups(groups)

    def _planted(self, groups: Sequence[Group], source: str) -> list[Group]:
        """With the solutions into which a bug was planted."""
        more = read_any(self.folder / source / "injected", Solution)
        said = read_any(self.folder / source / "injected-answers", Verdict)
        solutions = [s for group in groups for s in group.solutions]
        known = [v for group in groups for v in group.verdicts]
        return join([g.problem for g in groups], [*solutions, *more], [*known, *said])

    def measured(self, *, judged: bool = True) -> list[Group]:
        """The held-out solutions that are measured, drawn by seed and content; ``judged`` with the verdicts on them."""
        groups = self._heldout(self.solutions("heldout"), "heldout" if judged else "")
        ids = [solution.id for group in groups for solution in group.solutions]
        ids.sort(key=lambda name: derive_seed(self.settings.seed, "measured", name))
        chosen = set(ids[: self.settings.heldout_cap])
        kept = [
            replace(g, solutions=tuple(s for s in g.solutions if s.id in chosen)) for g in groups
        ]
        return [group for group in kept if group.solutions]

    def own(self, *, judged: bool = True) -> list[Group]:
        """The base critic's own greedy solutions of the held-out problems, likewise."""
        solutions = read_all(self.folder / "solutions/own", Solution)
        return self._heldout(solutions, "own" if judged else "")

    def _heldout(self, solutions: Sequence[Solution], judged: str) -> list[Group]:
        names = [f"verdicts/{judged}", f"verdicts/{judged}-gold"] if judged else []
        verdicts = [v for name in names for v in read_any(self.folder / name, Verdict)]
        return join(self.problems("heldout"), solutions, verdicts)
