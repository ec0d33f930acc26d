"""The tokenizer: any text survives, what the models compare is single tokens, AutoTokenizer reads it alike."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.abacus import checkpoint
from veriloop.abacus.corpus import judge_pairs
from veriloop.abacus.tokenizer import PROTOCOL


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_survives_the_tokenizer(tokenizer, text):
    import unicodedata

    text = unicodedata.normalize("NFC", text)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_digits_delimiter_and_tags_are_single_tokens(tokenizer):
    assert tokenizer.encode("12+5=17\n\n17-3=14").tokens.count("ĊĊ") == 1
    assert tokenizer.encode("147").tokens == ["1", "4", "7"]
    assert all(len(tokenizer.encode(piece).ids) == 1 for piece in PROTOCOL)


def test_auto_tokenizer_reads_the_shipped_files_alike(tokenizer, shipped):
    from tokenizers import Tokenizer

    raw = Tokenizer.from_file(str(checkpoint("policy") / "tokenizer.json"))
    for user, assistant in itertools.islice(judge_pairs(9), 100):
        for text in (user, assistant, f"{user}\n\n{assistant}"):
            assert shipped.encode(text, add_special_tokens=False) == raw.encode(text).ids
            assert shipped.decode(raw.encode(text).ids) == text
