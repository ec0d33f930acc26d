import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.published_encodings import AnswerEncoder, open_answers, open_encoder
from veriloop.engines.step_encoding import SeparatorInStep
from veriloop.errors import InputError
from veriloop.text.chats import QWEN_MATH_SYSTEM

_spec = importlib.util.spec_from_file_location(
    "tiny_published", Path(__file__).with_name("tiny_published.py")
)
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)
PROBLEM, STEPS = published.tiny.PROBLEM, published.tiny.STEPS


@pytest.fixture(scope="module")
def shepherd(tmp_path_factory):
    return published.shepherd(tmp_path_factory.mktemp("shepherd"))


@pytest.fixture(scope="module")
def skywork(tmp_path_factory):
    return published.skywork(tmp_path_factory.mktemp("skywork"))


def test_a_math_shepherd_solution_is_written_as_its_training_rows_are(shepherd):
    """A row of the published data, by hand: the input is the text, the label says what stands at each tag."""
    row = {
        "input": "Two and two? Step 1: 2 + 2 = <<2+2=4>>4 apples. ки\nStep 2: The answer is: 4 ки",
        "label": "Two and two? Step 1: 2 + 2 = <<2+2=4>>4 apples. +\nStep 2: The answer is: 4 -",
    }
    encoder, tokenizer = (
        open_encoder(shepherd, "math-shepherd"),
        AutoTokenizer.from_pretrained(shepherd),
    )
    steps = ("Step 1: 2 + 2 = <<2+2=4>>4 apples.", "The answer is: 4")
    encoded = encoder.encode("Two and two?", steps)
    assert list(encoded.ids) == tokenizer(row["input"])["input_ids"]
    assert [tokenizer.decode(encoded.ids[: end + 1])[-3:] for end in encoded.ends] == [" ки"] * 2
    labelled = tokenizer(row["label"])["input_ids"]
    assert [tokenizer.decode(labelled[end]) for end in encoded.ends] == [" +", " -"]


def test_a_tag_within_a_step_is_refused_and_one_in_the_problem_is_not_read(shepherd):
    encoder = open_encoder(shepherd, "math-shepherd")
    for steps in (("a ки b",), ("fine", "a ки"), ("fine", "ки", "more")):
        with pytest.raises(SeparatorInStep, match=r"holds the tag 'ки'"):
            encoder.encode(PROBLEM, steps)
    encoded = encoder.encode("What does ки mean?", ("It is a tag.", "руки"))
    ids, tag = encoded.ids, encoder.token("ки")
    assert [ids[end] for end in encoded.ends] == [tag, tag]
    assert ids.count(tag) == 3


def test_a_skywork_step_of_many_lines_is_read_at_its_last_line_break(skywork):
    tokenizer = AutoTokenizer.from_pretrained(skywork)
    encoded = open_encoder(skywork, "skywork").encode(PROBLEM, ("One\nline\n", "", "two"))
    lines = ["One", "line", "", "", "two"]
    newline = tokenizer("\n")["input_ids"]
    ids = tokenizer("<|endoftext|>" + PROBLEM + "\n")["input_ids"]
    behind = []
    for line in lines:
        ids = [*ids, *(tokenizer(line)["input_ids"] if line else []), *newline]
        behind.append(len(ids) - 1)
    assert list(encoded.ids) == ids
    assert encoded.ends == (behind[2], behind[3], behind[4])


def test_a_classifier_reads_the_last_token_of_any_separator(skywork):
    """TRL puts begin-of-text first where the tokenizer has one; here it has."""
    tokenizer = AutoTokenizer.from_pretrained(skywork)
    encoder = open_encoder(skywork, "token-classification", "\n###\n")
    encoded = encoder.encode(PROBLEM, STEPS)
    ids = [tokenizer.bos_token_id, *tokenizer(PROBLEM)["input_ids"]]
    behind = tokenizer("\n###\n")["input_ids"]
    assert len(behind) > 1
    ends = []
    for step in STEPS:
        ids += tokenizer(step)["input_ids"] + behind
        ends.append(len(ids) - 1)
    assert (list(encoded.ids), list(encoded.ends)) == (ids, ends)


@pytest.mark.parametrize("head", ["linear", "surprise"])
def test_the_form_of_a_process_reward_model_is_read_without_its_weights(tmp_path, head):
    base = published.tiny.save_checkpoint(tmp_path / "base")
    model = ProcessRewardModel.create(base, head=head)
    model.save(tmp_path / "prm")
    (tmp_path / "prm" / "model.safetensors").unlink()
    encoder = open_encoder(tmp_path / "prm", "process")
    assert encoder.encode(PROBLEM, STEPS) == model.encode(PROBLEM, STEPS)


def test_a_tokenizer_alone_serves_the_published_form(tmp_path):
    base = published.tiny.save_checkpoint(tmp_path / "base")
    model = ProcessRewardModel.create(base)
    alone = tmp_path / "tokenizer"
    alone.mkdir()
    for file in base.glob("*oken*"):
        shutil.copy(file, alone)
    shutil.copy(base / "chat_template.jinja", alone)
    encoded = open_encoder(alone, "process").encode(PROBLEM, STEPS)
    assert encoded == model.encode(PROBLEM, STEPS)


def test_prefixes_of_an_answer_are_closed_chats(skywork):
    tokenizer = AutoTokenizer.from_pretrained(skywork)
    prefixes = AnswerEncoder(tokenizer, "Be brief.").prefixes(PROBLEM, ("a.", "b"))
    head = f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{PROBLEM}<|im_end|>\n"
    said = [f"{head}<|im_start|>assistant\n{text}<|im_end|>\n" for text in ("a.", "a.\n\nb")]
    assert [tokenizer.decode(ids) for ids in prefixes] == said
    assert AnswerEncoder(tokenizer).prefixes(PROBLEM, ()) == []


def test_only_qwens_reward_model_is_sent_the_published_system_prompt(skywork, tmp_path):
    assert open_answers(skywork).system is None
    assert open_answers(skywork, "x").system == "x"
    copy = tmp_path / "rm"
    shutil.copytree(skywork, copy)
    published.edit(copy / "config.json", architectures=["Qwen2ForRewardModel"])
    assert open_answers(copy).system == QWEN_MATH_SYSTEM


def test_folders_without_what_is_needed_are_refused_in_words(skywork, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        open_encoder(tmp_path / "nowhere", "process")
    with pytest.raises(InputError, match="no tokenizer could be loaded"):
        open_encoder(tmp_path, "process")
    with pytest.raises(InputError, match="does not read step by step"):
        open_encoder(skywork, "outcome")
    bare = tmp_path / "bare"
    shutil.copytree(skywork, bare)
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="no chat template"):
        open_answers(bare)


def test_real_rows_of_math_shepherd_come_back_to_their_text(shepherd, shared_data):
    """The published rows themselves: cut at their tags and written again, they are the same text."""
    file = next(shared_data("raw_formats").glob("*hepherd*"))
    tokenizer = AutoTokenizer.from_pretrained(shepherd)
    encoder = open_encoder(shepherd, "math-shepherd")
    rows, seen = file.read_text().splitlines()[:20], 0
    for line in rows:
        text = json.loads(line)["input"]
        problem, first, rest = text.partition(" Step 1:")
        steps = (first.strip() + rest).removesuffix(" ки").split(" ки\n")
        encoded = encoder.encode(problem, steps)
        if all(step.startswith("Step ") and step == step.rstrip() for step in steps):
            assert tokenizer.decode(encoded.ids) == text
            assert len(encoded.ends) == len(steps)
            seen += 1
    assert seen > len(rows) / 2
