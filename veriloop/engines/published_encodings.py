"""Problems and steps as token ids in the forms that published step scorers were trained on.

Each encoder records where every step is read, so that no score is ever looked for by a token's id. The form of
the Qwen2.5-Math models and of ours is ``step_encoding``'s. Where each form was read is told in docs/scoring.md.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, Protocol, final

from veriloop.engines.layouts import QWEN_REWARD, Layout, read_config
from veriloop.engines.step_encoding import Encoded, SeparatorInStep, StepEncoder
from veriloop.errors import InputError
from veriloop.records import STEP_DELIMITER
from veriloop.text.chats import QWEN_MATH_SYSTEM

TAG: Final = "ки"
_NUMBERED: Final = re.compile(r"Step \d+:")


class Encoder(Protocol):
    """Texts to token ids with places: what a scorer reads, on this machine or behind a server."""

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids of the whole solution; ``ends`` has one place for each step. Raises SeparatorInStep."""
        ...


@final
@dataclass(frozen=True)
class ShepherdEncoder:
    """Math-Shepherd's form: the problem, then lines ``Step 1: ... ки``, each read at its tag.

    Lines are tokenized as the one text that the model was trained on; the tags are found by where they stand in
    it. A step that does not begin with its number is given one. Raises InputError where the tokenizer has no
    single token for the tag.
    """

    tokenizer: Any

    def __post_init__(self) -> None:
        if not getattr(self.tokenizer, "is_fast", False):
            raise InputError(
                "places in a text need a fast tokenizer (tokenizer.json)",
                file=_name(self.tokenizer),
            )
        self.token(TAG)

    def token(self, text: str) -> int:
        """The one id of ``text`` after a space, as it stands behind a step."""
        before = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        ids = self.tokenizer(f"a {text}", add_special_tokens=False)["input_ids"]
        if ids[: len(before)] != before or len(ids) != len(before) + 1:
            raise InputError(
                f"the tokenizer has no single token for {' ' + text!r}: not a Math-Shepherd model",
                file=_name(self.tokenizer),
            )
        return int(ids[-1])

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids with what the tokenizer puts before any text. Raises SeparatorInStep."""
        text, marks = problem, []
        for number, step in enumerate(steps, 1):
            written = step if _NUMBERED.match(step) else f"Step {number}: {step}"
            text += f"{' ' if number == 1 else chr(10)}{written.rstrip()} {TAG}"
            marks.append(len(text) - 1)
        made = self.tokenizer(text, return_offsets_mapping=True, verbose=False)
        ids, tag = list(made["input_ids"]), self.token(TAG)
        # Special tokens say they begin at 0, wherever they stand.
        starts = list(accumulate((start for start, _ in made["offset_mapping"]), max))
        ends = tuple(bisect_right(starts, mark) - 1 for mark in marks)
        begun = bisect_right(starts, len(problem))
        for index, end in enumerate(ends):
            if ids[end] != tag or tag in ids[begun:end]:
                raise SeparatorInStep(f"step {index} holds the tag {TAG!r}, or runs into it")
            begun = end + 1
        return Encoded(tuple(ids), 0, ends)


@final
@dataclass(frozen=True)
class SkyworkEncoder:
    """Skywork-o1-Open-PRM's form: begin-of-text, the problem and a line break; then each line of each step with
    the token of a line break behind it. A step is read at its last one.
    """

    tokenizer: Any

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids, line by line."""
        newline = _ids(self.tokenizer, "\n")[-1]
        ids = _ids(self.tokenizer, (self.tokenizer.bos_token or "") + problem + "\n")
        ends: list[int] = []
        for step in steps:
            for line in step.split("\n"):
                ids += [*_ids(self.tokenizer, line), newline]
            ends.append(len(ids) - 1)
        return Encoded(tuple(ids), 0, tuple(ends))


@final
@dataclass(frozen=True)
class ClassifierEncoder:
    """The form that TRL's stepwise trainer gave to token classifiers: the problem, then each step with the
    tokens of ``separator`` behind it, each tokenized alone; a step is read at the separator's last token.
    """

    tokenizer: Any
    separator: str = "\n\n"

    def encode(self, problem: str, steps: Sequence[str]) -> Encoded:
        """Token ids, with a begin-of-text token where the tokenizer has one."""
        behind = _ids(self.tokenizer, self.separator)
        begin = self.tokenizer.bos_token_id
        ids = ([] if begin is None else [int(begin)]) + _ids(self.tokenizer, problem)
        ends: list[int] = []
        for step in steps:
            ids += [*_ids(self.tokenizer, step), *behind]
            ends.append(len(ids) - 1)
        return Encoded(tuple(ids), 0, tuple(ends))


@final
@dataclass(frozen=True)
class AnswerEncoder:
    """The form of outcome reward models: a chat whose last turn is the answer, closed as its template closes it."""

    tokenizer: Any
    system: str | None = None

    def prefixes(self, problem: str, steps: Sequence[str]) -> list[list[int]]:
        """Token ids of the chat with the first step as its answer, with the first two, and so on to all."""
        system = [] if self.system is None else [{"role": "system", "content": self.system}]
        texts: list[str] = []
        for end in range(1, len(steps) + 1):
            turn = {"role": "assistant", "content": STEP_DELIMITER.join(steps[:end])}
            chat = [*system, {"role": "user", "content": problem}, turn]
            texts.append(str(self.tokenizer.apply_chat_template(chat, tokenize=False)))
        if not texts:
            return []
        made = self.tokenizer(texts, add_special_tokens=False, verbose=False)
        return [list(ids) for ids in made["input_ids"]]


def open_answers(folder: str | Path, system: str | None = None) -> AnswerEncoder:
    """The encoder of the outcome model in ``folder``; Qwen2.5-Math-RM is sent its published system prompt where
    ``system`` is None. Raises InputError where there is no chat template.
    """
    tokenizer = load_tokenizer(folder)
    if not getattr(tokenizer, "chat_template", None):
        raise InputError(
            "its tokenizer has no chat template to show it an answer", file=str(folder)
        )
    if system is None and (Path(folder) / "config.json").is_file():
        architectures = read_config(folder).get("architectures") or ()
        system = QWEN_MATH_SYSTEM if QWEN_REWARD in architectures else None
    return AnswerEncoder(tokenizer, system)


def open_encoder(folder: str | Path, layout: Layout, separator: str = "\n\n") -> Encoder:
    """The encoder of the checkpoint or tokenizer in ``folder``; no weights are read.

    Raises InputError where there is no tokenizer, and for ``outcome`` models, which read whole answers.
    """
    tokenizer = load_tokenizer(folder)
    if layout == "math-shepherd":
        return ShepherdEncoder(tokenizer)
    if layout == "skywork":
        return SkyworkEncoder(tokenizer)
    if layout == "token-classification":
        return ClassifierEncoder(tokenizer, separator)
    if layout != "process":
        raise InputError(
            f"a model of layout {layout!r} does not read step by step", file=str(folder)
        )
    settings: dict[str, Any] = {}
    if (Path(folder) / "config.json").is_file():
        settings = read_config(folder).get("process_reward") or {}
    linear = settings.get("head", "linear") == "linear"
    system = settings.get("system", QWEN_MATH_SYSTEM)
    return StepEncoder(tokenizer, system, separated=linear)


def load_tokenizer(folder: str | Path) -> Any:
    """The tokenizer in ``folder``. Raises InputError where there is none."""
    from transformers import AutoTokenizer

    if not Path(folder).is_dir():
        raise InputError(
            "no such folder: give the folder of the model's tokenizer", file=str(folder)
        )
    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no tokenizer could be loaded ({error}): give the folder of a checkpoint",
            file=str(folder),
        ) from error


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def _name(tokenizer: Any) -> str:
    return str(tokenizer.name_or_path)
