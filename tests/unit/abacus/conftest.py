"""Tokenizers of the embedded world, built and shipped."""

import pytest

from veriloop.abacus import checkpoint
from veriloop.abacus.corpus import tokenizer_texts
from veriloop.abacus.tokenizer import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(tokenizer_texts(0, 500))


@pytest.fixture(scope="module")
def shipped():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint("policy"))
