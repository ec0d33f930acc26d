import importlib.util
import random
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from veriloop.abacus import checkpoint
from veriloop.engines.local_codec import Codec
from veriloop.errors import InputError
from veriloop.records import Message

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)
FOLDER = str(checkpoint("policy"))
TEXTS = (
    "",
    "Step 1: 3 + 4 = 7\n\n",
    "naïve 数学 🧮 e\u0301 \u212b",
    "a <|im_end|> b",
    "<analysis_1>",
)


@pytest.fixture(scope="module")
def codec():
    return Codec(FOLDER, vocab=512)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A codec over a tokenizer that is not byte-level."""
    return Codec(str(tiny.save_word_tokenizer(tmp_path_factory.mktemp("words"))), vocab=40)


def test_text_equals_the_tokenizers_own_decoding_for_any_ids(codec, tokenizer):
    rng = random.Random(0)
    for _ in range(2000):
        ids = [rng.randrange(len(tokenizer)) for _ in range(rng.randint(0, 30))]
        want = tokenizer.decode(ids, skip_special_tokens=True)
        assert codec.text(ids) == want
        assert "".join(codec.pieces(ids)) == want
        assert len(codec.pieces(ids)) == len(ids)
    assert Codec(FOLDER, vocab=520).text([519]) == ""  # a model's vocabulary may be padded


@pytest.mark.parametrize("text", TEXTS)
def test_places_spell_the_text(codec, tokenizer, text):
    ids, starts = codec.places(text)
    assert list(ids) == tokenizer.encode(text, add_special_tokens=False)
    assert codec.ids(text) == ids
    assert len(starts) == len(ids)
    assert list(starts) == sorted(starts)
    assert starts[:1] == ((0,) if text else ())
    assert not text or starts[-1] < len(text)


def test_a_split_character_belongs_to_the_token_that_ends_it(codec):
    ids = codec.ids("é🧮")
    assert len(ids) == 6
    assert codec.pieces(ids) == ("", "é", "", "", "", "🧮")
    assert codec.places("é🧮")[1] == (0, 0, 1, 1, 1, 1)
    assert codec.text(ids[:3]) == "é\ufffd"
    assert codec.pieces(ids[:3]) == ("", "é", "\ufffd")


def test_prompts_are_rendered_by_the_models_own_template(codec, tokenizer):
    chat = (Message("system", "Be exact."), Message("user", "1 + 1?"))
    text = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in chat],
        tokenize=False, add_generation_prompt=True,
    )  # fmt: skip
    assert list(codec.prompt_ids(chat)) == tokenizer.encode(text)
    assert codec.prompt_ids(chat) is codec.prompt_ids(chat)
    assert list(codec.prompt_ids("1 + 1 =")) == tokenizer.encode("1 + 1 =")


def test_what_ends_a_text_comes_from_all_three_files(codec, tokenizer):
    assert tokenizer.eos_token_id in codec.stop_ids
    assert codec.stop_ids == set(tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"]))


@pytest.mark.parametrize("stops", [("\n\n",), ("7",), ("= 1", "Step 2"), ("🧮", "n!")])
def test_a_stopper_asks_when_the_text_first_holds_a_stop_string(codec, stops):
    rng = random.Random(1)
    text = "Step 1: 3 + 4 = 17\n\nStep 2: 🧮 10 - 3 = 7 n!\n\nAnswer: 7"
    samples = [list(codec.ids(text))]
    samples += [[rng.randrange(512) for _ in range(40)] for _ in range(200)]
    check, watch = codec.stopper(stops)
    for ids in samples:
        texts = [codec.text(ids[: n + 1]) for n in range(len(ids))]
        want = next((n for n, t in enumerate(texts) if any(s in t for s in stops)), None)
        got = next((n for n in range(len(ids)) if ids[n] in watch and check(ids[: n + 1])), None)
        assert got == want


def test_a_tokenizer_that_is_not_byte_level_is_decoded_by_itself(words):
    ids = words.ids("one two three four")
    assert words.text(ids) == "one two three four"
    assert "".join(words.pieces(ids)) == "one two three four"
    assert words.places("one two three")[1] == (0, 3, 7)
    check, watch = words.stopper(("two th",))
    assert watch is None
    assert [check(ids[: n + 1]) for n in range(4)] == [False, False, True, True]


def test_a_chat_without_a_template_and_a_folder_without_a_tokenizer_are_input_errors(
    words, tmp_path
):
    with pytest.raises(InputError, match="no chat template"):
        words.prompt_ids((Message("user", "hello"),))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no tokenizer"):
        Codec(str(tmp_path), vocab=10)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="no tokenizer could be loaded"):
        Codec(str(tmp_path), vocab=10)
