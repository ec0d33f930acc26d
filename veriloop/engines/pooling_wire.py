"""The wire formats of servers that pool: what a request for step scores becomes in JSON, and what an answer means.

Token ids are sent, never text, so that nothing merges across the end of a step, and scores are taken at the places
that were recorded. Where each shape was read is told in docs/scoring.md. Nothing here opens a connection.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, final

from veriloop.engines.openai_wire import Unusable, api_root
from veriloop.engines.step_encoding import Encoded
from veriloop.errors import EngineError
from veriloop.ids import Json

Shape: TypeAlias = Literal["token_classify", "encode", "reward", "embeddings", "classify", "sglang"]
Values: TypeAlias = Literal["documented", "probabilities", "logits"]
Row: TypeAlias = tuple[float, ...]


@final
@dataclass(frozen=True)
class _Form:
    """Where a shape is asked, and what its server is documented to send where nothing else is asked for."""

    path: str
    values: Literal["probabilities", "logits"]
    by_prefix: bool = False


FORMS: Final[Mapping[Shape, _Form]] = {
    "token_classify": _Form("/pooling", "probabilities"),
    "encode": _Form("/pooling", "probabilities"),
    "reward": _Form("/pooling", "probabilities"),
    "embeddings": _Form("/v1/embeddings", "logits"),
    "classify": _Form("/classify", "probabilities", by_prefix=True),
    "sglang": _Form("/classify", "logits", by_prefix=True),
}


@final
@dataclass(frozen=True)
class Pooled:
    """What came back for each sequence: its rows of numbers; and the tokens that the server counted."""

    rows: tuple[tuple[Row, ...], ...]
    prompt_tokens: int | None = None


def address(url: str, shape: Shape) -> str:
    """Where the shape is asked: pooling endpoints stand beside ``/v1``, not under it.

    >>> address("http://localhost:8000", "token_classify"), address("http://h/proxy/v1/", "embeddings")
    ('http://localhost:8000/pooling', 'http://h/proxy/v1/embeddings')
    """
    return api_root(url).removesuffix("/v1") + FORMS[shape].path


def body(
    shape: Shape,
    sequences: Sequence[Sequence[int]],
    *,
    model: str,
    values: Values,
    extra: Mapping[str, Json],
) -> dict[str, Any]:
    """The body of the call for sequences of token ids: one, or for shapes by prefix any number.

    ``use_activation`` is sent where the shape knows it. A field of ``extra`` replaces one of these, and leaves it
    out where it is None.
    """
    ids = [list(sequence) for sequence in sequences]
    made: dict[str, Any] = {"model": model}
    if shape == "sglang":
        made["input_ids"] = ids
    elif shape == "classify":
        made["input"] = ids
    else:
        made |= {"input": ids[0], "encoding_format": "float"}
    if shape in ("token_classify", "encode"):
        made["task"] = shape
    if shape in ("token_classify", "classify"):
        made["use_activation"] = sent_values(shape, values) == "probabilities"
    return {key: value for key, value in {**made, **extra}.items() if value is not None}


def sent_values(shape: Shape, values: Values) -> str:
    """Whether probabilities or logits come back: what was said, or what the shape's server is documented to send."""
    return FORMS[shape].values if values == "documented" else values


def read_pooled(payload: Any, shape: Shape, count: int) -> Pooled:
    """The rows of an answer to ``count`` sequences, in their order.

    Raises Unusable on an answer that is something else, and EngineError where it holds another number of
    sequences than were sent, or something that is no number.
    """
    usage: Any = None
    try:
        items: Any = payload
        if shape != "sglang":
            items, usage = payload["data"], payload.get("usage")
            items = sorted(items, key=lambda item: item.get("index", 0))
        elif isinstance(payload, dict):
            items = [payload]  # one sequence is answered without a list
        found = tuple(_rows(item, shape) for item in items)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unusable(f"the answer is not of the shape {shape!r} ({error!r})") from error
    if len(found) != count:
        raise EngineError(f"{count} sequences were sent and {len(found)} came back")
    if not all(math.isfinite(x) for rows in found for row in rows for x in row):
        raise EngineError(
            "the answer holds NaN or infinite scores: serve the model in bfloat16 or float32"
        )
    spent = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return Pooled(found, spent)


def _rows(item: Any, shape: Shape) -> tuple[Row, ...]:
    """The rows of one sequence: one for each place that the server pooled, or one alone for a whole sequence."""
    if shape == "classify":
        return (_row(item["probs"]),)
    if shape == "sglang":
        return (_row(item["embedding"]),)
    data = item["embedding" if shape == "embeddings" else "data"]
    if isinstance(data, str):
        raise TypeError("base64 came back where numbers were asked for")
    return tuple(_row(row) for row in data)


def _row(row: Any) -> Row:
    if isinstance(row, int | float):
        return (float(row),)
    return tuple(float(x) for x in row)


def rows_of_steps(rows: Sequence[Row], encoded: Encoded) -> list[Row]:
    """The row of each step: at its recorded place where every token has a row, or in order where only the steps
    do (step pooling). Raises EngineError on any other number of rows.
    """
    if len(rows) == len(encoded.ids):
        return [rows[encoded.start + end] for end in encoded.ends]
    if len(rows) == len(encoded.ends):
        return list(rows)
    raise EngineError(
        f"{len(rows)} rows of scores came back for {len(encoded.ids)} tokens with {len(encoded.ends)} steps: "
        "the server's tokenizer, step tag or pooling differs from what was sent, so that no score can be "
        "given to a step"
    )


def step_scores(rows: Sequence[Row], *, sent: str, good: int) -> tuple[float, ...]:
    """The probability of a right step from each row: of class ``good`` of two, or of the one number there is.

    Raises EngineError where rows are of another width, or said to be probabilities and are none.
    """
    scores = []
    for row in rows:
        if len(row) not in (1, 2):
            raise EngineError(
                f"a row of {len(row)} numbers came back where a step has 1 or 2: for a language model that "
                'says + and -, start vLLM with --pooler-config \'{"pooling_type": "STEP", "step_tag_id": TAG, '
                '"returned_token_ids": [PLUS, MINUS]}\''
            )
        if sent == "logits":
            gap = row[0] if len(row) == 1 else row[good] - row[1 - good]
            scores.append(1 / (1 + math.exp(-gap)) if gap > -700 else 0.0)
            continue
        apart = abs(sum(row) - 1) if len(row) == 2 else 0.0
        if apart > 0.02 or any(not -1e-3 <= x <= 1 + 1e-3 for x in row):
            raise EngineError(
                f"the row {row!r} is no probability: the server does not apply its activation, so say "
                "values='logits'"
            )
        scores.append(min(1.0, max(0.0, row[good if len(row) == 2 else 0])))
    return tuple(scores)
