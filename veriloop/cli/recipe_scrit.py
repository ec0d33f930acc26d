"""What ``veriloop run scrit`` does once its options are read: open, run, measure, write the page, print the tables."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.cli.accounts import attempt
from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.recipes.scrit.recipe import Recipe
    from veriloop.recipes.scrit.settings import Arm, Settings, Way
    from veriloop.runs.stages import Run


@final
@dataclass(frozen=True)
class ScritOptions:
    """The options of ``veriloop run scrit``, as given."""

    problems: str = "abacus"
    heldout: str = "abacus"
    critic: str = "abacus:critic"
    students: str = "abacus:policy"
    ways: str = "contrastive,direct,inject"
    sizes: str = "100,200,400"
    continued: str = "contrastive"
    rounds: int = 3
    ungated: bool = True
    train_count: int = 350
    heldout_count: int = 200
    votes: int = 8
    vote_share: float = 0.5
    samples: int = 3
    measured: int = 1
    heldout_cap: int = 300
    epochs: int = 0
    rate: float = 0.0
    batch: int = 0
    rehearsal: float = -1.0
    temperature: float = 1.0
    max_tokens: int = 0
    prompts: str = ""
    system: str | None = None
    kind: str = "local"
    device: str = "cpu"
    dtype: str = "float32"
    in_flight: int = 256
    seed: int = 0

    @property
    def embedded(self) -> bool:
        """True where the problems are Abacus's, whose steps can be checked exactly."""
        return self.problems == self.heldout == "abacus"

    def settings(self) -> Settings:
        """What the recipe is told; defaults that depend on other options are decided here."""
        from veriloop.cli.opening import model_path
        from veriloop.protocols import Sampling
        from veriloop.recipes.scrit.settings import Fit, Prompts, Settings
        from veriloop.runs.fits import usable_cpus
        from veriloop.text.chats import Chat

        tiny = self.critic.startswith("abacus:")
        bare = (self.prompts or ("bare" if tiny else "full")) == "bare"
        if self.prompts not in ("", "bare", "full"):
            raise InputError(f"--prompts is bare or full, got {self.prompts!r}")
        names = ("critic_direct", "critic_contrastive", "inject")
        fit = Fit(
            "muon" if tiny else "adamw",
            self.epochs or (2 if tiny else None),
            self.rate or (0.001 if tiny else None),
            self.batch or (16 if tiny else None),
            self.rehearsal if self.rehearsal >= 0 else (0.25 if tiny else 0.0),
            self.device,
            self.dtype,  # type: ignore[arg-type]
        )
        return Settings(
            base=model_path(self.critic),
            prompts=Prompts(*(f"{name}_bare" if bare else name for name in names)),
            fit=fit,
            sampling=Sampling(self.max_tokens or (160 if tiny else 2048), self.temperature),
            critique=Sampling(640 if tiny else 4096, 0.0),
            chat=Chat(self.system),
            votes=self.votes,
            vote_share=self.vote_share,
            samples=self.samples,
            measured=self.measured,
            heldout_cap=self.heldout_cap,
            ways=_ways(self.ways, "--ways"),
            sizes=_sizes(self.sizes),
            continued=_ways(self.continued, "--continued", among=self.ways),
            rounds=self.rounds,
            ungated=self.ungated,
            kind=self.kind,
            seed=self.seed,
            workers=min(2, usable_cpus()) if self.device == "cpu" else 1,
        )


def _ways(text: str, option: str, among: str = "contrastive,direct,inject") -> tuple[Way, ...]:
    known = among.split(",")
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    strange = [name for name in chosen if name not in known]
    if strange or not chosen:
        raise InputError(f"{option} names some of {', '.join(known)}; got {text!r}")
    return tuple(dict.fromkeys(chosen))  # type: ignore[arg-type]


def _sizes(text: str) -> tuple[int, ...]:
    try:
        chosen = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        chosen = (0,)
    if chosen[0] < 1:
        raise InputError(f"--sizes are numbers of critiques such as 200,400,800; got {text!r}")
    return chosen


async def run_recipe(
    options: ScritOptions, out: Path, *, command: Sequence[str], fresh: bool, quiet: bool
) -> int:
    """Run everything in ``out``; returns how many items were lost to errors."""
    from veriloop.cli.opening import recipe_sources
    from veriloop.recipes.scrit.recipe import Inputs, run_scrit
    from veriloop.runs.stages import Run

    train, held = recipe_sources(options, out)
    settings = options.settings()
    with attempt(out, options, command=command, fresh=fresh, quiet=quiet) as made:
        async with opened(options, settings, made.run) as recipe:
            arms = await run_scrit(recipe, Inputs(train.problems, held.problems))
    show(replace(recipe, run=Run(out)), arms)
    for found in (train, held):
        if found.summary():
            print(found.summary().strip(), file=sys.stderr)
    return made.lost


@asynccontextmanager
async def opened(options: ScritOptions, settings: Settings, run: Run) -> AsyncIterator[Recipe]:
    """The recipe with its students open."""
    from veriloop.abacus.world import Gold
    from veriloop.cli.opening import closing, remembered
    from veriloop.recipes.scrit.recipe import Cast, Recipe
    from veriloop.verify.equality import MathEquality

    specs = [spec for spec in options.students.split(",") if spec]
    async with AsyncExitStack() as stack:
        equality = await stack.enter_async_context(closing(MathEquality()))
        students = [
            await stack.enter_async_context(remembered(spec, run.folder / "calls" / str(number)))
            for number, spec in enumerate(specs)
        ]
        yield Recipe(
            settings, Cast(tuple(students), equality, Gold() if options.embedded else None), run
        )


def show(recipe: Recipe, arms: Sequence[Arm]) -> None:
    """Measure what the run's records say; leave measures.json and report.html, and print the tables."""
    from veriloop.recipes.scrit.measures import measure
    from veriloop.recipes.scrit.page import corrections, headline, main_tables, page
    from veriloop.runs.manifest import Manifest
    from veriloop.store.json_files import write_json

    out = recipe.run.folder
    measures = measure(recipe, arms)
    write_json(out / "measures.json", measures.to_json())
    tell(*main_tables(arms, measures), corrections(arms, measures))
    print(headline(arms, measures))
    account = Manifest(out / "run.json").read()
    publish(page(recipe, arms, measures, account), out / "report.html", err=True)


def report_again(out: Path, config: dict[str, Any]) -> None:
    """Measure a finished run again and write its page, without a model. ``config`` is what its account holds."""
    from veriloop.abacus.world import Gold
    from veriloop.recipes.scrit.recipe import Cast, Recipe
    from veriloop.runs.stages import Run
    from veriloop.verify.equality import MathEquality

    try:
        options = ScritOptions(**config)
    except TypeError as error:
        raise InputError(f"no run of this recipe ({error})", file=str(out / "run.json")) from error
    settings = options.settings()
    cast = Cast((), MathEquality(), Gold() if options.embedded else None)
    recipe = Recipe(settings, cast, Run(out))
    show(recipe, recipe.trained())
