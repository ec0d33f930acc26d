"""One verifier object, unchanged, through every bridge; TRL trains with it for real, inspect_ai evaluates with it."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import pytest

from veriloop.abacus import checkpoint
from veriloop.abacus.world import abacus_problems
from veriloop.bridges import inspect_ai, lm_eval, trl, verl
from veriloop.records import Example, ExampleKind, Group, Message, Traits, Unscored, Verdict
from veriloop.verify.answer import Answer

PROBLEMS = abacus_problems(3, 2)


@final
@dataclass(frozen=True)
class Doubting:
    """Answers, but for one solution in four that it declines; it remembers what it was asked and said."""

    name: str = "doubting"
    seen: list[tuple[Group, tuple[Verdict, ...]]] = field(default_factory=list)
    traits: ClassVar[Traits] = Answer.traits

    async def verify(self, group):
        said = await Answer(name=self.name).verify(group)
        told = tuple(
            replace(v, value=None, unscored=Unscored.ABSTAINED) if s.sample % 4 == 1 else v
            for v, s in zip(said, group.solutions, strict=True)
        )
        self.seen.append((group, told))
        return told


VERIFIER = Doubting()
TEXTS = ["Six by seven is 42.\n\nThe answer is 42.", "No.\n\nThe answer is 41.", "It is 42."]


def test_one_object_says_the_same_through_every_bridge():
    asked = {"prompt": "What is 6 * 7?", "reference": "42"}
    expected = [1.0, None, 0.0]  # right, declined, wrong
    texts = [TEXTS[0], TEXTS[0], TEXTS[1]]

    rewards = asyncio.run(
        trl.reward_function(VERIFIER)([asked["prompt"]] * 3, texts, reference=["42"] * 3)
    )
    assert rewards == expected

    scores = verl.batch_score_function(VERIFIER, unscored=-5.0)(
        ["sums"] * 3, texts, ["42"] * 3, [{"question": asked["prompt"]}] * 3
    )
    assert [(s["score"], s["scored"]) for s in scores] == [(1.0, 1.0), (-5.0, 0.0), (0.0, 1.0)]

    found = lm_eval.process_results(VERIFIER)(asked, [texts])
    assert found == {"doubting": 0.5, "doubting_unscored": 1 / 3}

    assert [inspected(text) for text in (texts[0], texts[2])] == [1.0, 0.0]
    said = [verdict.value for _, verdicts in VERIFIER.seen for verdict in verdicts]
    assert said == [*expected * 3, 1.0, 0.0]


def inspected(text):
    from inspect_ai.model import ModelName, ModelOutput
    from inspect_ai.scorer import Target
    from inspect_ai.solver import TaskState

    state = TaskState(
        ModelName("none/none"),
        sample_id=1,
        epoch=1,
        input="What is 6 * 7?",
        messages=[],
        output=ModelOutput.from_content("none", text),
    )
    return asyncio.run(inspect_ai.scorer(VERIFIER)(state, Target("42"))).value


@pytest.mark.filterwarnings(
    # TRL 1.16 still asks transformers 5 by the old name.
    "ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"
)
def test_trl_trains_on_the_verdicts_and_leaves_out_what_cannot_be_scored(tmp_path):
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    verifier, given = Doubting(), []
    reward = trl.reward_function(verifier)

    async def watched(prompts, completions, **columns):
        given.append(await reward(prompts, completions, **columns))
        return given[-1]

    watched.__name__ = "doubting"
    rows = [
        {"prompt": [{"role": "user", "content": p.text}], "reference": p.reference, "uid": p.id}
        for p in PROBLEMS
    ]
    settings = GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=24,
        bf16=False,
        activation_checkpointing=False,
        use_cpu=True,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    path = checkpoint("policy")
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(path),
        reward_funcs=[watched],
        args=settings,
        train_dataset=Dataset.from_list(rows),
    )
    trainer.train()

    assert len(given) == 2
    assert all(len(g.solutions) == 4 for g, _ in verifier.seen)  # a prompt's completions together
    assert {g.problem.reference for g, _ in verifier.seen} == {p.reference for p in PROBLEMS}
    logged = [row for row in trainer.state.log_history if "rewards/doubting/mean" in row]
    judged = [verifier.seen[:2], verifier.seen[2:]]
    for row, groups, rewards in zip(logged, judged, given, strict=True):
        said = [verdict for _, verdicts in groups for verdict in verdicts]
        values = [verdict.value for verdict in said if verdict.scored]
        assert sorted(r for r in rewards if r is not None) == sorted(values)
        assert (rewards.count(None), len(values)) == (2, 6)
        # A lost completion that counted as 0 would give the sum over 8.
        assert row["rewards/doubting/mean"] == pytest.approx(sum(values) / 6)
        assert row["doubting/unscored"] == pytest.approx(2 / 8)
        assert row["doubting/unscored/abstained"] == pytest.approx(2 / 8)


def test_trl_reads_what_an_example_with_a_chat_exports():
    """Two steps beside each other behind a prefix: TRL's own template code takes prompt and completions apart."""
    from transformers import AutoTokenizer
    from trl.data_utils import apply_chat_template, is_conversational

    chat = (Message("user", PROBLEMS[0].text), Message("assistant", "one\n\n"))
    row = Example(ExampleKind.PREFERENCE, chat, ("two", "three")).to_trl()
    assert is_conversational(row)
    told = apply_chat_template(row, AutoTokenizer.from_pretrained(checkpoint("policy")))
    assert PROBLEMS[0].text in told["prompt"]
    assert "one" not in told["prompt"]
    assert told["chosen"].startswith("one\n\ntwo")
    assert told["rejected"].startswith("one\n\nthree")
