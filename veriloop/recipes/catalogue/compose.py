"""From a row to objects: the parts that it names, built by kind and parameters, and what they do to one problem.

A part is a mapping with its ``kind`` in a room and the fields of that class. ``"@policy"`` and the like stand for what
the ``cast`` brings (engines, checkpoints, tools), ``"@code_judge?"`` for what it may bring, else None. ``"@verifier"``
is the row's own decisive verifier, for a search that it steers. Training from what comes out is a trainer's business
(``veriloop.train``, TRL by ``veriloop.bridges``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from importlib import import_module
from typing import Any, TypeAlias, final

from veriloop.errors import InputError
from veriloop.feedback.scored import scored
from veriloop.protocols import Engine, Feedback, Kept, Search, Verifier
from veriloop.recipes.catalogue.rows import Row
from veriloop.records import Finish, Group, Problem, Solution, Verdict

Cast: TypeAlias = "Mapping[str, Any]"
_ROOMS = {
    "search": "veriloop.search",
    "verifiers": "veriloop.verify",
    "combiner": "veriloop.verify",
    "feedback": "veriloop.feedback",
    "draft": "veriloop.search",
    "judge": "veriloop.verify",
    "rule": "veriloop.verify.combine",
    "tools": "veriloop.search.tools",
    "tool": "veriloop.search.tools",
    "tree": "veriloop.search",
    "verifier": "veriloop.verify",
}  # by the name of the field in which a part stands


@final
@dataclass(frozen=True)
class Selection:
    """Verifier-guided feedback without training: the best-scored solution is the answer.

    The first of equals, whole ones before cut ones; None where ``verifier`` gave no value.
    """

    verifier: str

    def choose(self, group: Group) -> Solution | None:
        """The solution to give."""
        found, _ = scored(group, self.verifier)
        order = sorted(found, key=lambda one: (one.solution.finish is Finish.LENGTH, -one.worth))
        return order[0].solution if order else None


@final
@dataclass(frozen=True)
class InContext:
    """Verifier-aware feedback: the search has shown the verdicts to the policy. Its accepted solution is the answer, or
    the last where it says of none that it was.
    """

    def choose(self, found: Any) -> Solution | None:
        """The solution to give, of what a search's ``trace`` hands on."""
        chosen = getattr(found, "chosen", None)
        solutions: tuple[Solution, ...] = found.solutions
        return chosen if isinstance(chosen, Solution) else (solutions[-1] if solutions else None)


@final
@dataclass(frozen=True)
class Ran:
    """What a composed row made of one problem: all records, and what became of them.

    ``kept`` is what a writer made; ``chosen`` is the answer of guided and aware rows.
    """

    group: Group
    kept: Kept = field(default_factory=Kept)
    chosen: Solution | None = None


@final
@dataclass(frozen=True)
class Composed:
    """A row as objects. ``combiner`` is asked in the place of the verifiers, which it holds, where there is one."""

    row: str
    search: Search
    verifiers: tuple[Verifier, ...]
    combiner: Verifier | None
    feedback: Feedback | Selection | InContext

    async def run(self, problem: Problem, policy: Engine) -> Ran:
        """Search, verify what the search has not shown to a verifier already, and write the feedback."""
        trace = getattr(self.search, "trace", None)
        found: Any = await trace(problem, policy) if trace else None
        solutions = found.solutions if trace else await self.search.search(problem, policy)
        verdicts: tuple[Verdict, ...] = found.verdicts if trace else ()
        said = {verdict.verifier for verdict in verdicts}
        for verifier in (self.combiner,) if self.combiner else self.verifiers:
            if verifier.name not in said:
                verdicts += await verifier.verify(Group(problem, solutions))
        group = Group(problem, solutions, verdicts)
        if isinstance(self.feedback, Selection):
            return Ran(group, chosen=self.feedback.choose(group))
        if isinstance(self.feedback, InContext):
            return Ran(group, chosen=self.feedback.choose(found))
        return Ran(group, self.feedback.feedback(group))


def compose(row: Row, cast: Cast) -> Composed:
    """The row's parts as objects.

    Raises InputError where the row lacks a part, names a kind or a field that does not exist, or needs what the cast
    does not bring (``needs`` tells beforehand).
    """
    if row.lacks:
        lacking = "; ".join(f"{one.part} ({one.why})" for one in row.lacks)
        raise InputError(f"{row.name} does not run here: it lacks {lacking}")
    cast = dict(cast)
    made = [_part(one, "verifiers", row, cast) for one in row.parts["verifiers"]]
    decisive = made[0] if made else None
    combiner = row.parts.get("combiner")
    if combiner:
        decisive = _part({**combiner, "verifiers": tuple(made)}, "combiner", row, cast)
    cast["verifier"] = decisive
    search = _part(row.parts["search"], "search", row, cast)
    named = {"verifier": decisive.name} if decisive is not None else {}
    feedback = {**named, **row.parts["feedback"]}
    writer: Any
    if feedback["kind"] == "selection":
        writer = Selection(feedback["verifier"])
    elif feedback["kind"] == "context":
        writer = InContext()
    else:
        writer = _part(feedback, "feedback", row, cast)
    return Composed(row.name, search, tuple(made), decisive if combiner else None, writer)


def needs(row: Row) -> tuple[str, ...]:
    """What the cast has to bring for the row: policy, judge, orm, prm ..., sorted."""
    found = {"policy", *_named(row.parts)} - {"verifier"}
    return tuple(sorted(found)) if row.parts else ()


def _named(spec: Any) -> set[str]:
    if isinstance(spec, str):
        return {spec[1:]} if spec.startswith("@") and not spec.endswith("?") else set()
    if isinstance(spec, Mapping):
        return set().union(*map(_named, spec.values())) if spec else set()
    return set().union(*map(_named, spec)) if isinstance(spec, list) and spec else set()


def _part(spec: Mapping[str, Any], where: str, row: Row, cast: Cast) -> Any:
    """The object of one part, and of the parts within it."""
    room: Any = import_module(_ROOMS[where])
    kinds: Mapping[str, str] = room.RULES if where == "rule" else room.KINDS
    kind = str(spec.get("kind"))
    if kind not in kinds:
        raise InputError(
            f"{row.name}: no {where} of the kind {kind!r}; there are {', '.join(kinds)}",
            field="kind",
        )
    module, _, name = kinds[kind].partition(":")
    return _build(getattr(import_module(module), name), spec, row, cast)


def _build(of: Any, spec: Mapping[str, Any], row: Row, cast: Cast) -> Any:
    """``of`` with the fields of ``spec``."""
    known: dict[str, Field[Any]] = {f.name: f for f in fields(of) if f.init}
    given: dict[str, Any] = {}
    for name, value in spec.items():
        if name == "kind":
            continue
        if name not in known:
            raise InputError(
                f"{row.name}: {of.__name__} has no field {name!r}; it has {', '.join(known)}",
                field=name,
            )
        given[name] = _value(known[name], value, row, cast)
    try:
        return of(**given)
    except (TypeError, ValueError) as error:
        raise InputError(f"{row.name}: {of.__name__} cannot be made: {error}") from error


def _value(at: Field[Any], value: Any, row: Row, cast: Cast) -> Any:
    if value == "none" and "None" in str(at.type):  # what TOML cannot say
        return None
    if isinstance(value, str) and value.startswith("@"):
        if value.endswith("?"):
            return cast.get(value[1:-1])
        if value[1:] not in cast:
            raise InputError(f"{row.name} needs {value[1:]!r}: give it in the cast", field=at.name)
        return cast[value[1:]]
    if isinstance(value, Mapping) and "kind" in value:
        return _part(value, at.name, row, cast)
    if isinstance(value, Mapping):
        default = at.default if at.default is not MISSING else None
        if at.default_factory is not MISSING:
            default = at.default_factory()
        return _build(type(default), value, row, cast) if is_dataclass(default) else dict(value)
    if isinstance(value, list):
        return tuple(_value(at, one, row, cast) for one in value)
    return value
