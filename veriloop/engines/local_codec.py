"""Text to token ids and back, by a checkpoint's own tokenizer and chat template, and stop strings over ids.

For byte-level tokenizers every token's bytes are looked up once, so that a text is a join and a stop string is
searched in bytes, where a character split between tokens makes no difference. Weights are not here.
"""

from __future__ import annotations

import codecs
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

from veriloop.engines.decoder_sequence import StopCheck
from veriloop.errors import InputError
from veriloop.records import Prompt

_REMEMBERED = 4096  # prompts whose ids are kept: rollouts ask for the same prompt many times
_FILES = ("tokenizer*", "vocab*", "*.model", "*.tiktoken")
_WINDOW = 6  # tokens that can change how the next one is spelled


def _byte_of() -> dict[str, int]:
    """GPT-2's printable stand-ins for the 256 bytes, inverted."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in set(plain)]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}


@final
class Codec:
    """The tokenizer in ``folder`` for a model of ``vocab`` token ids. For one thread.

    Raises InputError where no tokenizer can be loaded.
    """

    def __init__(self, folder: str, vocab: int) -> None:
        from transformers import AutoTokenizer

        self._folder = folder
        if not any(any(Path(folder).glob(pattern)) for pattern in _FILES):
            # some classes of transformers make an empty tokenizer of nothing
            raise InputError("holds no tokenizer: save one into the checkpoint", file=folder)
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"no tokenizer could be loaded ({error}): save one into the checkpoint", file=folder
            ) from error
        self._bytes, self._plain = self._spell(vocab)
        self._prompts: OrderedDict[Prompt, tuple[int, ...]] = OrderedDict()
        self._watched: dict[tuple[str, ...], frozenset[int]] = {}
        self.stop_ids = self._read_stop_ids()

    def prompt_ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Ids of a text, with what the tokenizer puts before any text, or of a chat up to the assistant's turn.

        Raises InputError for a chat where the tokenizer has no template.
        """
        known = self._prompts.get(prompt)
        if known is not None:
            self._prompts.move_to_end(prompt)
            return known
        ids = self._prompts[prompt] = tuple(self._encode_prompt(prompt))
        if len(self._prompts) > _REMEMBERED:
            self._prompts.popitem(last=False)
        return ids

    def ids(self, text: str) -> tuple[int, ...]:
        """Ids of a text that goes on from others; nothing is put before it."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False)) if text else ()

    def text(self, ids: Sequence[int]) -> str:
        """What the ids spell. Special tokens spell nothing; broken UTF-8 becomes U+FFFD."""
        if self._bytes is None:
            return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))
        table = self._bytes
        return b"".join([table[i] for i in ids]).decode("utf-8", "replace")

    def pieces(self, ids: Sequence[int]) -> tuple[str, ...]:
        """The text of each id; they join to ``text(ids)``. A split character belongs to the id that ends it."""
        if self._bytes is not None:
            return _decode_each([self._bytes[i] for i in ids])
        spelled: list[str] = []
        for at in range(len(ids)):
            before = self.text(ids[max(0, at - _WINDOW) : at])
            spelled.append(self.text(ids[max(0, at - _WINDOW) : at + 1])[len(before) :])
        return tuple(spelled)

    def places(self, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Ids of a text that goes on from others, and the character at which each begins, rising from 0."""
        if not text:
            return (), ()
        known = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids = tuple(known["input_ids"])
        if self._plain is not None:
            pieces = _decode_each([self._plain[i] for i in ids])
            if "".join(pieces) == text:
                starts = [0]
                for piece in pieces[:-1]:
                    starts.append(starts[-1] + len(piece))
                return ids, tuple(starts)
        # a normaliser changed the text: the tokenizer remembers from where
        starts = [0]
        for start, _ in known["offset_mapping"][1:]:
            starts.append(max(starts[-1], int(start)))
        return ids, tuple(starts[: len(ids)])

    def stopper(self, stops: tuple[str, ...]) -> tuple[StopCheck, frozenset[int] | None]:
        """Whether the ids so far, of which the last is new, spell one of ``stops``; and after which to ask."""
        if self._bytes is None:
            return self._slow_stopper(stops), None
        table, wanted = self._bytes, [s.encode() for s in stops]
        longest = max(map(len, wanted))

        def check(ids: Sequence[int]) -> bool:
            need, parts = longest + len(table[ids[-1]]), list[bytes]()
            for i in reversed(ids):
                parts.append(table[i])
                need -= len(table[i])
                if need <= 0:
                    break
            tail = b"".join(reversed(parts))
            return any(stop in tail for stop in wanted)

        if stops not in self._watched:
            last = {stop[-1] for stop in wanted}
            watch = frozenset(i for i, b in enumerate(table) if not last.isdisjoint(b))
            self._watched[stops] = watch
        return check, self._watched[stops]

    def _slow_stopper(self, stops: tuple[str, ...]) -> StopCheck:
        longest = max(len(s.encode()) for s in stops) + _WINDOW

        def check(ids: Sequence[int]) -> bool:
            if not any(stop in self.text(ids[-longest:]) for stop in stops):
                return False
            whole = self.text(ids)
            return any(stop in whole for stop in stops)

        return check

    def _encode_prompt(self, prompt: Prompt) -> list[int]:
        if isinstance(prompt, str):
            return list(self._tokenizer.encode(prompt))
        if not getattr(self._tokenizer, "chat_template", None):
            raise InputError(
                "this tokenizer has no chat template: use a tuned model, or give the prompt as text",
                file=self._folder,
            )
        turns = [{"role": m.role, "content": m.content} for m in prompt]
        return list(
            self._tokenizer.apply_chat_template(
                turns, tokenize=True, return_dict=False, add_generation_prompt=True
            )
        )

    def _spell(self, vocab: int) -> tuple[list[bytes] | None, list[bytes] | None]:
        """Each id's bytes, special tokens empty, and the same with special tokens spelled; None if not byte-level."""
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        if type(getattr(backend, "decoder", None)).__name__ != "ByteLevel":
            return None, None
        byte_of = _byte_of()
        size = max(vocab, len(self._tokenizer))
        plain = [b""] * size
        for token, i in self._tokenizer.get_vocab().items():
            if all(c in byte_of for c in token):
                plain[i] = bytes(byte_of[c] for c in token)
            else:
                plain[i] = token.encode()
        table = list(plain)
        for i, added in self._tokenizer.added_tokens_decoder.items():
            plain[i] = added.content.encode()
            table[i] = b"" if added.special else plain[i]
        return table, plain

    def _read_stop_ids(self) -> frozenset[int]:
        """What ends a generation according to the tokenizer, the model and its generation settings."""
        found: set[int] = set()
        for name in ("config.json", "generation_config.json"):
            path = Path(self._folder) / name
            if path.exists():
                value = json.loads(path.read_text()).get("eos_token_id")
                found.update(value if isinstance(value, list) else [value])
        found.add(self._tokenizer.eos_token_id)
        return frozenset(i for i in found if isinstance(i, int))


def _decode_each(parts: Sequence[bytes]) -> tuple[str, ...]:
    """Decode byte strings one by one so that they join to the decoded whole."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    last = len(parts) - 1
    return tuple(decoder.decode(part, final=at == last) for at, part in enumerate(parts))
