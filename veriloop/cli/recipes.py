"""What ``veriloop run`` does once its options are read: open, run, measure, write the page, print the table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final, get_args

from veriloop.cli.accounts import attempt
from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError
from veriloop.recipes.prm.settings import Head

if TYPE_CHECKING:
    from veriloop.recipes.prm.recipe import Recipe
    from veriloop.recipes.prm.settings import Settings
    from veriloop.recipes.prm.sources import Source


@final
@dataclass(frozen=True)
class PrmOptions:
    """The options of ``veriloop run prm``, as given."""

    problems: str = "abacus"
    heldout: str = "abacus"
    policy: str = "abacus:policy"
    judge: str = "abacus:judge"
    base: str = "abacus:policy"
    reference: str = "abacus:judge"
    head: str = ""
    updates: int = 0
    judge_prompt: str = ""
    system: str | None = None
    train_count: int = 250
    heldout_count: int = 1000
    samples: int = 4
    n: int = 8
    k: int = 8
    thresholds: str = "all"
    temperature: float = 1.0
    max_tokens: int = 0
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
        from veriloop.recipes.prm.settings import Settings
        from veriloop.runs.fits import usable_cpus
        from veriloop.text.chats import Chat

        tiny = self.base.startswith("abacus:")
        head = _head(self.head or ("surprise" if tiny else "linear"))
        tokens = self.max_tokens or (160 if self.embedded else 2048)
        bare = self.judge.startswith("abacus:")
        return Settings(
            base=model_path(self.base),
            head=head,
            reference=model_path(self.reference) if self.reference and head == "surprise" else None,
            updates=self.updates or (800 if head == "surprise" else None),
            samples=self.samples,
            n=self.n,
            k=self.k,
            thresholds=_thresholds(self.thresholds, self.k),
            sampling=Sampling(tokens, self.temperature),
            judge_sampling=Sampling(400 if bare else 4096, 0.0),
            judge_prompt=self.judge_prompt or ("judge_bare" if bare else "judge"),
            chat=Chat(self.system),
            seed=self.seed,
            workers=usable_cpus(),
        )


def _thresholds(text: str, k: int) -> tuple[int, ...]:
    """``all``, ``none``, or numerators over k, such as ``1,4``."""
    if text in ("all", "none"):
        return tuple(range(1, k)) if text == "all" else ()
    try:
        chosen = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        chosen = (0,)
    if not all(1 <= numerator < k for numerator in chosen):
        raise InputError(
            f"--thresholds is all, none, or numerators from 1 to {k - 1} such as 1,4; got {text!r}"
        )
    return chosen


def _head(name: str) -> Head:
    known: dict[str, Head] = {head: head for head in get_args(Head)}
    if name not in known:
        raise InputError(f"no head {name!r}; there are {', '.join(known)}")
    return known[name]


async def run_recipe(
    options: PrmOptions, out: Path, *, command: Sequence[str], fresh: bool, quiet: bool
) -> int:
    """Run everything in ``out``; returns how many items were lost to errors."""
    from veriloop.abacus.world import Gold
    from veriloop.cli.opening import closing, recipe_sources, remembered
    from veriloop.recipes.prm.recipe import Cast, Inputs, Recipe, run_prm
    from veriloop.runs.stages import Run
    from veriloop.verify.equality import MathEquality

    settings = options.settings()
    train, held = recipe_sources(options, out)
    with attempt(out, options, command=command, fresh=fresh, quiet=quiet) as made:
        async with (
            remembered(options.policy, out / "calls") as policy,
            remembered(options.judge, out / "calls" / "judge") as judge,
            closing(MathEquality()) as equality,
        ):
            gold = Gold() if options.embedded else None
            recipe = Recipe(settings, Cast(policy, judge, equality, gold), made.run)
            sources = await run_prm(recipe, Inputs(train.problems, held.problems))
    show(replace(recipe, run=Run(out)), sources)
    for found in (train, held):
        if found.summary():
            print(found.summary().strip(), file=sys.stderr)
    return made.lost


def show(recipe: Recipe, sources: Sequence[Source]) -> None:
    """Measure what the run's records say; leave measures.json and report.html, and print the tables."""
    from veriloop.recipes.prm.measures import measure
    from veriloop.recipes.prm.page import main_tables, page, verifier_titles
    from veriloop.runs.manifest import Manifest
    from veriloop.store.json_files import write_json

    out = recipe.run.folder
    measures = measure(recipe, sources)
    write_json(out / "measures.json", measures.to_json())
    tell(*main_tables(verifier_titles(sources, measures), measures))
    account = Manifest(out / "run.json").read()
    publish(page(recipe, sources, measures, account), out / "report.html", err=True)


def report_again(out: Path) -> None:
    """Measure a finished run again and write its page, without a model."""
    from veriloop.abacus.world import Gold
    from veriloop.engines.scripted import Scripted
    from veriloop.recipes.prm.recipe import Cast, Recipe
    from veriloop.recipes.prm.sources import study
    from veriloop.runs.manifest import Manifest
    from veriloop.runs.stages import Run
    from veriloop.verify.equality import MathEquality

    config = Manifest(out / "run.json").read()["attempts"][-1]["config"]
    if isinstance(config, dict) and "critic" in config:
        from veriloop.cli.recipe_scrit import report_again as report_scrit

        return report_scrit(out, config)
    try:
        options = PrmOptions(**config)
    except TypeError as error:
        raise InputError(f"no run of this recipe ({error})", file=str(out / "run.json")) from error
    policy, judge = (
        Scripted({}, name=Path(spec.rpartition(":")[2]).name or spec)
        for spec in (options.policy, options.judge)
    )
    gold = Gold() if options.embedded else None
    cast = Cast(policy, judge, MathEquality(), gold)
    settings = options.settings()
    sources = study(settings, gold=gold is not None)
    show(Recipe(settings, cast, Run(out)), sources)
