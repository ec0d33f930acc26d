"""The options of ``veriloop label`` as given: what they ask for, and the engines that they name, opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from veriloop.cli.label_report import failed, shown, write_json
from veriloop.cli.labelling import AUDIT, LabelPlan, label_run
from veriloop.cli.opening import closing, remembered
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Engine, Sampling, Verifier
from veriloop.runs.streams import Sources
from veriloop.text.chats import Chat
from veriloop.verify.equality import MathEquality
from veriloop.verify.judge import Judge
from veriloop.verify.montecarlo import MonteCarlo

if TYPE_CHECKING:
    from veriloop.runs.stages import Run

# What --by stands for: the verifier whose labels are taken, and the one that has to agree.
WAYS: Mapping[str, tuple[str, str | None]] = {
    "montecarlo": ("mc", None),
    "judge": ("judge", None),
    "human": ("human", None),
    "consensus": ("mc", "judge"),
}


@final
@dataclass(frozen=True)
class LabelOptions:
    """As given on the command line."""

    by: str | None = None
    source: str | None = None
    agree: str | None = None
    policy: str = ""
    judge: str = ""
    k: int = 8
    threshold: float = 0.0
    soft: bool = False
    search: str = "left-to-right"
    skip_right: bool = False
    audit: int | None = None
    temperature: float = 1.0
    max_tokens: int = 2048
    system: str | None = None
    judge_prompt: str = ""
    judge_max_tokens: int = 4096
    judge_temperature: float = 0.0
    usd_per_million: str = ""
    judge_usd_per_million: str = ""
    seed: int = 0

    def plan(self) -> LabelPlan:
        """What to label with. Raises InputError on options that contradict one another."""
        source, agree = self._names()
        if source == agree:
            raise InputError(f"{source!r} always agrees with itself: name two verifiers")
        if not 0 <= self.threshold < 1:
            raise InputError(f"--threshold is at least 0 and below 1, not {self.threshold:g}")
        if self.soft and self.threshold:
            raise InputError("--soft labels have no --threshold: give one of the two")
        if self.search not in ("left-to-right", "binary"):
            raise InputError(f"--search is left-to-right or binary, not {self.search!r}")
        if self.soft and self.search == "binary":
            raise InputError("--soft labels need every prefix: leave out --search binary")
        if self.k < 1 or (self.audit or 0) < 0:
            raise InputError("--k is at least 1 and --audit at least 0")
        lossy = self.search == "binary" or self.skip_right
        audit = (AUDIT if lossy else 0) if self.audit is None else self.audit
        threshold = None if self.soft else self.threshold
        plan = LabelPlan(source, agree, threshold, audit, self.seed)
        for name, engine in (("mc", self.policy), ("judge", self.judge)):
            if engine and name not in plan.names:
                option = "--policy" if name == "mc" else "--judge"
                raise InputError(
                    f"{option} makes verdicts of {name!r}, which these labels do not need: they are by "
                    f"{' and '.join(plan.names)}"
                )
        return plan

    def _names(self) -> tuple[str, str | None]:
        if self.by is None:
            return self.source or "mc", self.agree
        if self.by not in WAYS:
            raise InputError(f"--by is one of {', '.join(WAYS)}, not {self.by!r}")
        source, agree = WAYS[self.by]
        if agree is None and (self.source not in (None, source) or self.agree):
            raise InputError(
                f"--by {self.by} takes the labels of {source!r} alone: for two verifiers give --by consensus "
                "with --source and --agree"
            )
        return self.source or source, self.agree or agree

    @asynccontextmanager
    async def opened(
        self, out: Path
    ) -> AsyncIterator[tuple[dict[str, Verifier], dict[str, Engine]]]:
        """The verifiers whose engines are named, and these engines, by verifier; closed at the end."""
        cast: dict[str, Verifier] = {}
        engines: dict[str, Engine] = {}
        async with AsyncExitStack() as stack:
            if self.policy:
                engines["mc"] = await stack.enter_async_context(
                    remembered(self.policy, out / "calls", usd_per_million=self.usd_per_million)
                )
                equality = await stack.enter_async_context(closing(MathEquality()))
                cast["mc"] = self._montecarlo(engines["mc"], equality)
            if self.judge:
                engines["judge"] = await stack.enter_async_context(
                    remembered(
                        self.judge,
                        out / "calls" / "judge",
                        usd_per_million=self.judge_usd_per_million,
                    )
                )
                cast["judge"] = self._judge(engines["judge"])
            yield cast, engines

    def _montecarlo(self, engine: Engine, equality: MathEquality) -> MonteCarlo:
        return MonteCarlo(
            engine,
            equality,
            self.k,
            estimate="soft" if self.soft else "hard",
            threshold=self.threshold,
            sampling=Sampling(self.max_tokens, self.temperature),
            chat=Chat(self.system),
            seed=self.seed,
            search="binary" if self.search == "binary" else "left-to-right",
            skip_right=self.skip_right,
        )

    def _judge(self, engine: Engine) -> Judge:
        bare = self.judge.startswith("abacus:")
        prompt = self.judge_prompt or ("judge_bare" if bare else "judge")
        if prompt not in ("judge", "judge_bare"):
            raise InputError(f"--judge-prompt is judge or judge_bare, not {prompt!r}")
        sampling = Sampling(self.judge_max_tokens, self.judge_temperature)
        return Judge(engine, prompt, sampling, self.seed)


async def label_command(
    options: LabelOptions, run: Run, folders: Sequence[Path], *, strict: bool
) -> tuple[str, int]:
    """Label; what to print, and the exit code. ``folders`` are problems, solutions, and verdicts to reuse.

    1 where nothing was labelled, and with ``strict`` where an engine or a checker failed on anything.
    """
    plan = options.plan()
    problems, solutions, *verdicts = folders
    sources = Sources(problems, solutions, tuple(verdicts))
    async with options.opened(run.folder) as (cast, engines):
        labelled = await label_run(plan, run, sources, cast)
        paid: dict[str, Json] = {}
        for name, engine in engines.items():
            if cache := getattr(engine, "cache", None):
                paid[name] = {"asked": cache.paid(), "again": cache.paid_twice()}
    write_json(plan, labelled, run.folder, paid=paid)
    text = shown(plan, labelled)
    lost = failed(labelled.costs.values()) + sum(stage.lost for stage in labelled.made)
    if lost:
        text += "\ngive --retry-lost to do again what was lost"
    nothing = not labelled.report.records["examples"] and labelled.report.items > 0
    return text, int(nothing or (strict and lost > 0))
