"""Chats rendered to text by a model's own chat template, for engines that send text or token ids.

Needs the tokenizer's folder and no weights. What a template makes of a chat is the model's business; nothing
here knows any family of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, final

from veriloop.errors import InputError
from veriloop.records import Message

_LOADED: dict[str, Any] = {}
_LOCK = Lock()


@final
@dataclass(frozen=True)
class Template:
    """The chat template in ``folder``, loaded on first use and kept."""

    folder: str

    @property
    def loaded(self) -> bool:
        """True where ``render`` will not have to load anything."""
        return self.folder in _LOADED

    def load(self) -> None:
        """Load the tokenizer, which takes seconds the first time. Raises InputError where there is none."""
        with _LOCK:
            if self.folder not in _LOADED:
                _LOADED[self.folder] = _load(self.folder)

    def render(self, chat: tuple[Message, ...]) -> str:
        """The chat as text, up to where the assistant's turn begins.

        A leading begin-of-text token is left out where the tokenizer adds it itself to any text, because
        whoever gets the text tokenizes it so.
        """
        self.load()
        tokenizer = _LOADED[self.folder]
        text = render_with(tokenizer, chat, self.folder)
        begin = getattr(tokenizer, "bos_token", None)
        if begin and text.startswith(begin) and _adds(tokenizer, begin):
            return text[len(begin) :]
        return text


def render_with(tokenizer: Any, chat: tuple[Message, ...], source: str) -> str:
    """The chat as text with all its special tokens, by a tokenizer of ``transformers``.

    Raises InputError naming ``source`` where the tokenizer has no template.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise InputError(
            "this tokenizer has no chat template: use a tuned model, or give the prompt as text",
            file=source,
        )
    turns = [{"role": m.role, "content": m.content} for m in chat]
    return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def _adds(tokenizer: Any, begin: str) -> bool:
    first = list(tokenizer.encode("a"))[:1]
    return first == [tokenizer.convert_tokens_to_ids(begin)]


def _load(folder: str) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no tokenizer could be loaded ({error}): give the folder of a checkpoint", file=folder
        ) from error
