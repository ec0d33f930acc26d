"""A stand-in with the interface that vLLM documents for offline use, so far as Veriloop uses it.

It refuses what vLLM refuses. Its model writes letters, one token each, and its tokenizer is one id a character.
"""

import math
import random
from dataclasses import dataclass, field

CALLS = []
BEGIN = "^"
LETTERS = "abcd ."


@dataclass
class SamplingParams:
    n: int = 1
    seed: int | None = None
    stop: list | None = None
    max_tokens: int | None = 16
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    logprobs: int | None = None
    prompt_logprobs: int | None = None

    def __post_init__(self):
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, got {self.max_tokens}.")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be in (0, 1], got {self.top_p}.")
        if self.temperature == 0 and self.n > 1:
            raise ValueError("n must be 1 when using greedy sampling")


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class CompletionOutput:
    index: int
    text: str
    token_ids: list
    logprobs: list | None
    finish_reason: str | None
    stop_reason: int | str | None = None


@dataclass
class RequestOutput:
    prompt_token_ids: list
    prompt_logprobs: list | None
    outputs: list
    finished: bool = True


@dataclass
class Tokenizer:
    chat_template: str | None = "yes"
    bos_token: str = BEGIN

    def encode(self, text, add_special_tokens=True):
        return [ord(c) for c in (BEGIN + text if add_special_tokens else text)]

    def apply_chat_template(self, messages, tokenize=True, add_generation_prompt=False):
        assert not tokenize
        turns = "".join(f"[{m['role']}]{m['content']}" for m in messages)
        return BEGIN + turns + ("[assistant]" if add_generation_prompt else "")


@dataclass
class LLM:
    model: str
    enable_prefix_caching: bool = False
    max_model_len: int = 4096
    tokenizer: Tokenizer = field(default_factory=Tokenizer)

    def __post_init__(self):
        if self.model.endswith("missing"):
            raise OSError(f"{self.model} is not a local folder")
        if self.model.endswith("untuned"):
            self.tokenizer.chat_template = None

    def get_tokenizer(self):
        return self.tokenizer

    def generate(self, prompts, sampling_params, *, use_tqdm=True):
        CALLS.append((self, list(prompts), list(sampling_params), use_tqdm))
        if any(len(p["prompt_token_ids"]) > self.max_model_len for p in prompts):
            raise ValueError("The decoder prompt is longer than the maximum model length")
        return [
            self._one(p["prompt_token_ids"], s)
            for p, s in zip(prompts, sampling_params, strict=True)
        ]

    def _one(self, ids, params):
        draw = random.Random(f"{ids} {params.seed}")
        tokens, finish = [], "length"
        for _ in range(params.max_tokens):
            tokens.append(draw.choice(LETTERS))
            text = "".join(tokens)
            if tokens[-1] == "." or any(stop in text for stop in params.stop or ()):
                finish = "stop"
                break
        text = "".join(tokens)
        ends = [(text.find(stop), stop) for stop in params.stop or () if stop in text]
        even = -math.log(len(LETTERS))
        told = [{ord(c): Logprob(even, 1, c)} for c in tokens]
        known = [None, *({i: Logprob(-i / 100, 1, chr(i))} for i in ids[1:])]
        return RequestOutput(
            ids,
            known if params.prompt_logprobs is not None else None,
            [
                CompletionOutput(
                    0,
                    text[: min(ends)[0]] if ends else text,
                    [ord(c) for c in tokens],
                    told if params.logprobs is not None else None,
                    finish,
                    min(ends)[1] if ends else None,
                )
            ],
        )
