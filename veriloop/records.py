"""The frozen records that every stage shares: Problem, Solution, Verdict, Group, Example.

``Problem -search-> Solution -verify-> Verdict -feedback-> Example -train-> weights``. Every arrow is a file of
these records on disk. Ids are hashes of content, so a record that is made twice has one name. ``made_by`` is
the repr of the object that made the record; it is provenance and never part of an id. Nothing here reads or
writes files (``veriloop.store`` does), and nothing in the package reads ``Problem.meta`` but the world that
wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias, final

from veriloop.ids import Json, content_id

STEP_DELIMITER = "\n\n"
NO_ERROR = -1


class Finish(StrEnum):
    """How a generation ended. A solution that was cut is never taken for a complete one."""

    STOP = "stop"  # the model ended it, or a stop string did
    LENGTH = "length"  # the token limit cut it
    GIVEN = "given"  # not generated here: read from a data set


class Form(StrEnum):
    """What a verdict's value is."""

    BINARY = "binary"  # 0 or 1
    SCORE = "score"  # a real number, larger is better
    RANKING = "ranking"  # place within the group, 0 is best
    TEXT = "text"  # a critique; the value is the verdict it ends with


class Granularity(StrEnum):
    """What a verdict speaks of."""

    TOKEN = "token"
    STEP = "step"
    TRAJECTORY = "trajectory"


class Unscored(StrEnum):
    """Why a verdict has no value. None of these ever counts as a zero."""

    ENGINE = "engine"  # the engine failed or timed out
    UNPARSED = "unparsed"  # the judge's answer could not be read
    TRUNCATED = "truncated"  # the judge's answer, or the solution, was cut by a token limit
    EMPTY = "empty"  # nothing to judge: no step, no text
    SEPARATOR = "separator"  # a step holds the verifier's separator token
    NO_REFERENCE = "no_reference"  # the problem has no reference answer
    CHECKER = "checker"  # the answer checker crashed or hung
    ABSTAINED = (
        "abstained"  # the verifier declined: a tie, too little evidence, nobody left to vote
    )


class Source(StrEnum):
    """Who speaks in a verdict ("Verifier Engineering", arXiv 2411.11504, section 4)."""

    PROGRAM = "program"  # the same input always gets the same verdict
    MODEL = "model"  # a model's answer, trained to verify or not
    HUMAN = "human"  # read from annotations


class ExampleKind(StrEnum):
    """What a model is to learn from an example."""

    DEMONSTRATION = "demonstration"
    PREFERENCE = "preference"
    STEP_LABELS = "step_labels"
    CRITIQUE = "critique"
    REWARD = "reward"


@final
@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


Prompt: TypeAlias = "str | tuple[Message, ...]"


def prompt_json(prompt: Prompt) -> Json:
    """The prompt as JSON: a string, or a list of ``{"role", "content"}``."""
    if isinstance(prompt, str):
        return prompt
    return [{"role": m.role, "content": m.content} for m in prompt]


@final
@dataclass(frozen=True)
class Problem:
    """A task to solve. ``prompt`` is the bare problem text, or a chat; templates are the search's business.

    ``uid`` is the parallel key across languages. ``tests`` and ``instructions`` are plain JSON for verifiers
    that run code or check instructions. ``meta`` belongs to the world that made the problem.
    """

    task: str
    prompt: Prompt
    reference: str | None = None
    subset: str = ""
    language: str = "en"
    uid: str | None = None
    tests: tuple[Mapping[str, Json], ...] = ()
    instructions: tuple[Mapping[str, Json], ...] = ()
    meta: Mapping[str, Json] = field(default_factory=dict[str, Json])
    made_by: str = ""

    @cached_property
    def id(self) -> str:
        """Hash of what the problem asks and what counts as right."""
        return content_id(
            "problem",
            self.task,
            prompt_json(self.prompt),
            self.reference,
            self.language,
            [dict(t) for t in self.tests],
            [dict(i) for i in self.instructions],
        )

    @property
    def text(self) -> str:
        """The problem as one text: the prompt itself, or the last user turn of a chat."""
        if isinstance(self.prompt, str):
            return self.prompt
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")


@final
@dataclass(frozen=True)
class Solution:
    """A candidate answer in steps. ``sample`` is its index among the problem's samples, from 0.

    ``tokens`` counts generated tokens, None where unknown. ``answer`` is the final answer as extracted, None
    where none was found.
    """

    problem: str
    steps: tuple[str, ...]
    finish: Finish = Finish.GIVEN
    answer: str | None = None
    tokens: int | None = None
    engine: str = ""
    seed: int = 0
    sample: int = 0
    made_by: str = ""

    @cached_property
    def id(self) -> str:
        """Hash of the problem, the steps, who wrote them and which sample it is."""
        return content_id(
            "solution",
            self.problem,
            list(self.steps),
            self.finish.value,
            self.engine,
            self.seed,
            self.sample,
        )

    @property
    def text(self) -> str:
        """The steps joined by the delimiter that all stages share, a blank line."""
        return STEP_DELIMITER.join(self.steps)


@final
@dataclass(frozen=True)
class Cost:
    """What a verdict took. Costs add up with ``+``. ``usd`` is 0 for local engines."""

    calls: int = 0
    rollouts: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.rollouts + other.rollouts,
            self.prompt_tokens + other.prompt_tokens,
            self.tokens + other.tokens,
            self.usd + other.usd,
        )


@final
@dataclass(frozen=True)
class Traits:
    """What a verifier declares of itself, before it is asked ("Verifier Engineering", section 4 and table 2).

    ``trained`` says whether it was trained to verify; ``deterministic`` that the same group always gets the same
    verdicts; ``needs_reference`` that it cannot speak of a problem without a reference answer or tests.
    """

    source: Source
    forms: tuple[Form, ...]
    granularities: tuple[Granularity, ...]
    trained: bool = False
    deterministic: bool = True
    needs_reference: bool = False


@final
@dataclass(frozen=True)
class Verdict:
    """What one verifier says of one solution: a value, or a reason for having none, never both or neither.

    ``step_scores[i]`` in [0, 1] speaks of step i; it may end early, at the first wrong step. ``first_error``
    is the 0-based index of the first wrong step, -1 for none, None where the verifier does not say.
    ``token_scores[i]`` speaks of the token that begins at character ``token_offsets[i]`` of the solution's text.
    ``source`` and ``trained`` say who speaks, None where it is not known. ``detail`` holds what the verifier
    counted (rollouts, successes), as JSON.
    """

    problem: str
    solution: str
    verifier: str
    form: Form
    granularity: Granularity
    value: float | None = None
    unscored: Unscored | None = None
    step_scores: tuple[float, ...] = ()
    first_error: int | None = None
    critique: str | None = None
    correction: str | None = None
    cost: Cost = Cost()
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])
    made_by: str = ""
    source: Source | None = None
    trained: bool | None = None
    token_scores: tuple[float, ...] = ()
    token_offsets: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is None) == (self.unscored is None):
            raise ValueError(
                f"a verdict has a value or a reason for having none: got value={self.value!r} and "
                f"unscored={self.unscored!r}; give exactly one of the two"
            )
        if self.value is not None and self.value != self.value:
            raise ValueError("a verdict's value cannot be NaN: give unscored=<reason> instead")
        # Whole numbers become floats, so that a verdict read back from a file has the same id.
        object.__setattr__(self, "step_scores", tuple(float(x) for x in self.step_scores))
        object.__setattr__(self, "token_scores", tuple(float(x) for x in self.token_scores))
        if len(self.token_scores) != len(self.token_offsets):
            raise ValueError(
                f"token scores pair with offsets one to one: {len(self.token_scores)} scores, "
                f"{len(self.token_offsets)} offsets"
            )
        if self.value is not None:
            object.__setattr__(self, "value", float(self.value))
        if self.first_error is not None and self.first_error < NO_ERROR:
            raise ValueError(f"first_error is -1 (none) or a 0-based index, got {self.first_error}")

    @cached_property
    def id(self) -> str:
        """Hash of who said what of which solution."""
        return content_id(
            "verdict",
            self.solution,
            self.verifier,
            self.value,
            self.unscored.value if self.unscored else None,
            list(self.step_scores),
            self.first_error,
            self.critique,
            *([list(self.token_scores)] if self.token_scores else []),
        )

    @property
    def scored(self) -> bool:
        """True where the verdict has a value."""
        return self.value is not None

    @property
    def right(self) -> bool | None:
        """The verdict as a label: True for a value of 1, False for 0, None for all else. A place is none."""
        labels = {} if self.form is Form.RANKING else {1.0: True, 0.0: False}
        return None if self.value is None else labels.get(self.value)


@final
@dataclass(frozen=True)
class Group:
    """A problem, its solutions and their verdicts: what verifiers and feedback see, so that votes, pairwise
    judges and group baselines need no special path. Not stored: it is joined from the files by id.
    """

    problem: Problem
    solutions: tuple[Solution, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def by(self, verifier: str) -> Mapping[str, Verdict]:
        """Verdicts of one verifier, keyed by solution id."""
        return {v.solution: v for v in self.verdicts if v.verifier == verifier}


@final
@dataclass(frozen=True)
class Example:
    """What a model learns from. Exactly the fields of TRL's dataset formats on export (``to_trl``).

    ``completions`` are a demonstration's one completion, a preference's (chosen, rejected), or the steps of a
    step-labelled solution, up to the first wrong one, with a label in [0, 1] for each. A reward has one completion and
    one label, any finite number, or a completion in its tokens' texts with a label for each. A critique's one label is
    1 where it calls its target right, else 0.
    """

    kind: ExampleKind
    prompt: Prompt
    completions: tuple[str, ...]
    labels: tuple[float, ...] = ()
    problem: str = ""
    solutions: tuple[str, ...] = ()
    source: str = ""
    made_by: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(float(x) for x in self.labels))
        if self.kind is ExampleKind.STEP_LABELS and len(self.labels) != len(self.completions):
            raise ValueError(
                f"step labels pair with steps one to one: {len(self.completions)} steps, {len(self.labels)} labels"
            )
        if self.kind is ExampleKind.PREFERENCE and len(self.completions) != 2:
            raise ValueError("a preference has two completions: (chosen, rejected)")
        if self.kind is ExampleKind.REWARD and not 0 < len(self.completions) == len(self.labels):
            raise ValueError(
                "a reward has one completion and one label, or one label for each of its tokens: got "
                f"{len(self.completions)} completions and {len(self.labels)} labels"
            )

    @cached_property
    def id(self) -> str:
        """Hash of what is to be learnt."""
        return content_id(
            "example",
            self.kind.value,
            prompt_json(self.prompt),
            list(self.completions),
            list(self.labels),
        )

    def to_trl(self) -> dict[str, Json]:
        """The example in TRL's format: prompt/completion, prompt/chosen/rejected, prompt/completions/labels. A reward
        is prompt/completion/reward (of tokens: prompt/completion/tokens/rewards), for which TRL names no format.
        To a chat TRL wants chats: one turn of the assistant, which begins with what the prompt had it say already.
        """
        if self.kind is ExampleKind.STEP_LABELS:
            hard = all(label in (0.0, 1.0) for label in self.labels)
            labels: list[Json] = [bool(x) if hard else x for x in self.labels]
            steps = list(self.completions)
            return {"prompt": prompt_json(self.prompt), "completions": steps, "labels": labels}
        given, begun = self.prompt, ""
        if not isinstance(given, str) and given and given[-1].role == "assistant":
            given, begun = given[:-1], given[-1].content
        prompt = prompt_json(given)

        def said(text: str) -> Json:
            turn: Json = {"role": "assistant", "content": begun + text}
            return text if isinstance(given, str) else [turn]

        if self.kind is ExampleKind.PREFERENCE:
            chosen, rejected = map(said, self.completions)
            return {"prompt": prompt, "chosen": chosen, "rejected": rejected}
        rewards: list[Json] = list(self.labels) if self.kind is ExampleKind.REWARD else []
        delimiter = "" if len(rewards) > 1 else STEP_DELIMITER
        row = {"prompt": prompt, "completion": said(delimiter.join(self.completions))}
        if len(rewards) > 1:
            return {**row, "tokens": list(self.completions), "rewards": rewards}
        return {**row, "reward": rewards[0]} if rewards else row


@final
@dataclass(frozen=True)
class Dropped:
    """Something a filter or a reader left out, and why. Kept in a file of its own beside what was kept."""

    what: str
    reason: str
    source: str = ""
    row: int | None = None
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])


Record: TypeAlias = "Problem | Solution | Verdict | Example | Dropped"
