"""An engine that answers from a table or a function: the double that tests and dry runs use.

It keeps the whole contract of an engine (sample indices, prefixes, stop strings, token limits, failures on
demand), so what passes with it is not passing by accident. Its "tokens" are words with the white space before
them. It knows no probabilities but those it is told.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeAlias, final

from veriloop.engines.stopping import find_stop
from veriloop.errors import EngineError, EngineRefused, EngineTimeout, InputError
from veriloop.ids import Json, content_id
from veriloop.protocols import Completion, Reply, Request, Sampling, Scored, ScoreRequest
from veriloop.records import Finish, Prompt

Answer: TypeAlias = "str | Completion"
Answers: TypeAlias = "Answer | Sequence[Answer]"
Script: TypeAlias = "Mapping[str, Answers] | Callable[[Request], Answers]"

FAILURES: Mapping[str, type[EngineError]] = {
    "error": EngineError,
    "refused": EngineRefused,
    "timeout": EngineTimeout,
}
_WORD = re.compile(r"\s*\S+|\s+$")


@final
@dataclass(frozen=True)
class Scripted:
    """Answers from ``answers``; every sample is a pure function of the request and its index.

    A table is looked up by the text of the prompt (of a chat: its last user turn), then by ``default``.
    Sample j gets answer ``j % len(answers)``. With a prefix only the answers that begin with it count, and
    the reply is the rest of them. A function is called once for each sample, with ``first`` that sample's
    index and ``n`` 1, and gives text that follows the prefix. A plain string is cut at the first stop string
    or after ``max_tokens`` words; a ``Completion`` is given as it stands.

    ``failures`` maps the number of a call (from 1, ``generate`` and ``score`` counted together) to "timeout",
    "refused" or "error". ``logprobs`` maps a continuation to the log-probabilities of its words, for
    ``score``. ``delay`` is how many seconds each call takes.
    """

    answers: Script
    name: str = "scripted"
    default: Answers | None = None
    failures: Mapping[int, str] = field(default_factory=dict[int, str], hash=False)
    logprobs: Mapping[str, Sequence[float]] = field(
        default_factory=dict[str, Sequence[float]], hash=False
    )
    delay: float = 0.0
    _log: list[Request | ScoreRequest] = field(
        default_factory=list[Request | ScoreRequest], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for call, failure in self.failures.items():
            if failure not in FAILURES:
                raise ValueError(
                    f"call {call} cannot fail as {failure!r}: choose one of {', '.join(FAILURES)}"
                )

    @classmethod
    def load(cls, path: str | Path, **options: Any) -> Scripted:
        """From a JSON object ``{prompt: answers}``, or JSONL rows ``{"prompt": ..., "answers": [...]}``.

        An answer is a text or ``{"text", "finish", "tokens", "logprobs", "stop"}``. The prompt "*" is the default.
        """
        table = _read(Path(path))
        options.setdefault("default", table.pop("*", None))
        return cls(table, **options)

    @property
    def calls(self) -> int:
        """How many calls were made, failed ones included."""
        return len(self._log)

    @property
    def requests(self) -> tuple[Request | ScoreRequest, ...]:
        """Every call so far, in order."""
        return tuple(self._log)

    def fingerprint(self) -> Json:
        """What decides the answers besides the request. A function is known by its name alone."""
        script = self.answers
        if callable(script):
            kind = type(script)
            where = getattr(script, "__module__", kind.__module__)
            told = f"{where}.{getattr(script, '__qualname__', kind.__qualname__)}"
        else:
            told = content_id(
                "script", repr(script)
            )  # a long table is named once, not in every call
        return ["scripted", told, repr(self.default), repr(self.logprobs)]

    async def generate(self, request: Request) -> Reply:
        """The scripted answers. Raises EngineError for a prompt without one, or as ``failures`` says."""
        await self._begin(request)
        completions = tuple(self._sample(request, request.first + j) for j in range(request.n))
        return Reply(completions, prompt_tokens=_prompt_words(request.prompt, request.prefix))

    async def score(self, request: ScoreRequest) -> Scored:
        """The scripted log-probabilities of a continuation's words."""
        await self._begin(request)
        known = self.logprobs.get(request.continuation)
        words = split_words(request.continuation)
        if known is None or len(known) != len(words):
            have = "none" if known is None else f"{len(known)}"
            raise EngineError(
                f"the script has {have} of the {len(words)} log-probabilities of "
                f"{request.continuation[:80]!r}: give one for each of {words[:8]} in logprobs="
            )
        starts = accumulate((len(w) for w in words[:-1]), initial=0)
        return Scored(words, tuple(starts) if words else (), tuple(float(x) for x in known))

    async def close(self) -> None:
        """Nothing is open."""

    async def _begin(self, request: Request | ScoreRequest) -> None:
        self._log.append(request)
        call = len(self._log)
        await asyncio.sleep(self.delay)
        failure = self.failures.get(call)
        if failure is not None:
            raise FAILURES[failure](f"call {call} of the script fails with {failure!r}")

    def _sample(self, request: Request, index: int) -> Completion:
        if callable(self.answers):
            found = self.answers(replace(request, first=index, n=1))
            answers = [found] if isinstance(found, str | Completion) else list(found)
        else:
            answers = self._look_up(self.answers, request)
        if not answers:
            raise EngineError("the script has an empty list of answers: give at least one")
        answer = answers[index % len(answers)]
        return _speak(answer, request.sampling) if isinstance(answer, str) else answer

    def _look_up(self, table: Mapping[str, Answers], request: Request) -> list[Answer]:
        key = prompt_text(request.prompt)
        found = table.get(key, self.default)
        if found is None:
            raise EngineError(
                f"the script has no answer to {key[:120]!r}: add it as a key (there are {len(table)}), "
                "or give default="
            )
        answers = [found] if isinstance(found, str | Completion) else list(found)
        going_on = [
            rest for answer in answers if (rest := _after(answer, request.prefix)) is not None
        ]
        if answers and not going_on:
            raise EngineError(
                f"no scripted answer to {key[:80]!r} begins with the prefix {request.prefix[-80:]!r}: "
                "add one that does, or script with a function of the request"
            )
        return going_on


def prompt_text(prompt: Prompt) -> str:
    """The prompt itself, or the last user turn of a chat."""
    if isinstance(prompt, str):
        return prompt
    return next((m.content for m in reversed(prompt) if m.role == "user"), "")


def split_words(text: str) -> tuple[str, ...]:
    """Words with the white space before them; joined they give the text."""
    return tuple(_WORD.findall(text))


def _prompt_words(prompt: Prompt, prefix: str) -> int:
    turns = [prompt] if isinstance(prompt, str) else [m.content for m in prompt]
    return sum(len(split_words(text)) for text in (*turns, prefix))


def _after(answer: Answer, prefix: str) -> Answer | None:
    if not prefix:
        return answer
    text = answer if isinstance(answer, str) else answer.text
    if not text.startswith(prefix):
        return None
    rest = text[len(prefix) :]
    if isinstance(answer, str):
        return rest
    return replace(answer, text=rest, tokens=len(split_words(rest)), logprobs=None)


def _speak(text: str, sampling: Sampling) -> Completion:
    """A text as a model would have given it under these limits."""
    end, stop = find_stop(text, sampling.stop)
    words = split_words(text[:end])
    if len(words) > sampling.max_tokens:
        words = words[: sampling.max_tokens]
        return Completion("".join(words), Finish.LENGTH, len(words))
    return Completion("".join(words), Finish.STOP, len(words), stop=stop)


def _read(path: Path) -> dict[str, Answers]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    if path.suffix == ".jsonl":
        rows = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
        return dict(_read_row(_json(line, path, i), path, i) for i, line in rows)
    table = _json(text, path, None)
    if not isinstance(table, dict):
        raise InputError('expected one object {"prompt": ["answer", ...]}', file=str(path))
    return {str(key): _read_answers(value, path, None) for key, value in table.items()}


def _json(text: str, path: Path, row: int | None) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=str(path), row=row) from error


def _read_row(found: Any, path: Path, row: int) -> tuple[str, Answers]:
    if not isinstance(found, dict) or not isinstance(found.get("prompt"), str):
        raise InputError('expected {"prompt": "...", "answers": [...]}', file=str(path), row=row)
    return found["prompt"], _read_answers(found.get("answers"), path, row)


def _read_answers(found: Any, path: Path, row: int | None) -> list[Answer]:
    answers = found if isinstance(found, list) else [found]
    return [_read_answer(answer, path, row) for answer in answers]


def _read_answer(found: Any, path: Path, row: int | None) -> Answer:
    if isinstance(found, str):
        return found
    try:
        logprobs = found.get("logprobs")
        return Completion(
            str(found["text"]),
            Finish(found.get("finish", "stop")),
            found.get("tokens"),
            None if logprobs is None else tuple(float(x) for x in logprobs),
            stop=found.get("stop"),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            'an answer is a text or {"text": "...", "finish": "stop" or "length", "tokens": 3, '
            f'"logprobs": [...]}}, got {json.dumps(found)[:120]}',
            file=str(path),
            row=row,
            field="answers",
        ) from error
