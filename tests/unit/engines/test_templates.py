"""Chats rendered by real tokenizers of two families: one that adds a begin token by itself, one that does not."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from veriloop.engines.templates import Template
from veriloop.errors import InputError
from veriloop.records import Message

CHAT = (Message("user", "hi"),)


def tokenizer(folder, *, adds, template=True):
    words = Tokenizer(WordLevel({"<unk>": 0, "<s>": 1}, unk_token="<unk>"))
    if adds:
        words.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    made = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", bos_token="<s>")
    if template:
        turns = "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
        made.chat_template = turns + "{% if add_generation_prompt %}[assistant]{% endif %}"
    made.save_pretrained(folder)
    return str(folder)


def test_a_begin_token_is_left_to_whoever_adds_it(tmp_path):
    alone = tokenizer(tmp_path / "a", adds=False)
    assert Template(alone).render(CHAT) == "<s>[user]hi[assistant]"
    adding = tokenizer(tmp_path / "b", adds=True)
    assert Template(adding).render(CHAT) == "[user]hi[assistant]"


def test_what_cannot_be_rendered_is_named(tmp_path):
    with pytest.raises(InputError, match="no chat template"):
        Template(tokenizer(tmp_path / "a", adds=False, template=False)).render(CHAT)
    with pytest.raises(InputError, match=r"b: no tokenizer could be loaded"):
        Template(str(tmp_path / "b")).render(CHAT)
