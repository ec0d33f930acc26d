"""The Abacus tokenizer: a Qwen2 tokenizer with a vocabulary of about 500, in Hugging Face files.

Digits are single tokens, because a tiny model learns arithmetic digit by digit; all 256 bytes are
in the vocabulary, so any (NFC) text encodes and decodes exactly. The pieces of the judge protocol
and the blank line between steps are single tokens. Only building and saving is here; reading is
`AutoTokenizer`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veriloop.text import critiques

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, START, STOP, STEP = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<extra_0>"
SPECIAL = (END, START, STOP, STEP)
PROTOCOL = (
    "<math_problem>", "</math_problem>", "<paragraph_", "</paragraph_",
    "<analysis_", "</analysis_", "<conclusion>", "</conclusion>",
)  # fmt: skip
CRITIC_STEP = critiques.STEP.removesuffix("{number}")
CRITIC_PROTOCOL = (
    "<math_problem>", "</math_problem>", "<reference_solution>", "</reference_solution>",
    "<right_solution>", "</right_solution>", "<step_", "</step_",
    critiques.ANALYSIS, critiques.CRITIQUE, CRITIC_STEP,
    critiques.CONCLUSION, critiques.VERDICT.removesuffix("{verdict}."),
    critiques.FIRST_ERROR.removesuffix("{number}"), critiques.CORRECTION,
    critiques.START, critiques.END,
)  # fmt: skip
# Qwen2's split. AutoTokenizer rebuilds every qwen2 tokenizer with this expression and NFC whatever
# tokenizer.json says, so any other split would be ignored at loading.
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def build_tokenizer(
    texts: Iterable[str], vocabulary: int = 512, *, protocol: Sequence[str] = PROTOCOL
) -> Tokenizer:
    """Train the tokenizer on texts. The same texts in the same order give the same vocabulary."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        trainers,
    )  # fmt: skip

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL) - len(protocol),
        min_frequency=2,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in SPECIAL])
    tokenizer.add_tokens([AddedToken(t, normalized=False, special=False) for t in protocol])
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, max_length: int) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja into a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "model_max_length": max_length,
        "eos_token": STOP,
        "pad_token": END,
        "clean_up_tokenization_spaces": False,
        "extra_special_tokens": [START, STEP],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
