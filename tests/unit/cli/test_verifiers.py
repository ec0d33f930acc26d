"""What ``--prm`` may name: each text opens its verifier, and what it cannot mean is one clear line."""

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

from veriloop.cli.scoring import is_scalar
from veriloop.cli.verifiers import SPECS, step_verifier, whole_answers
from veriloop.cli.verifying import VerifierOptions, verifier
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.errors import InputError
from veriloop.records import Group, Problem, Solution
from veriloop.verify.outcome import Outcome
from veriloop.verify.plus_minus import PlusMinus
from veriloop.verify.pooling import Pooling
from veriloop.verify.process import Process


def load(name):
    path = Path(__file__).parents[1] / "engines" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


published, wire, serving = load("tiny_published"), load("loopback"), load("serving_prm")
tiny = published.tiny
PROBLEM = Problem("math", tiny.PROBLEM)
GROUP = Group(PROBLEM, tuple(Solution(PROBLEM.id, steps) for steps in tiny.SOLUTIONS))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("prms")
    base = tiny.save_checkpoint(root / "base")
    ProcessRewardModel.create(base).save(root / "prm")
    words = root / "words.json"
    words.write_text(json.dumps({"*": ["+"]}))
    return {
        "prm": root / "prm",
        "base": base,
        "words": words,
        "skywork": published.skywork(root / "skywork"),
        "shepherd": published.shepherd(root / "shepherd"),
        "classifier": published.classifier(root / "classifier"),
        "orm": published.classifier(root / "orm", labels=1, kind="Sequence"),
    }


def opened(spec, folder, name="mine"):
    """The verifier, and its verdicts on one group."""

    async def work():
        async with step_verifier(spec, folder, name=name) as made:
            return made, await made.verify(GROUP)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("spec", "kind", "fields"),
    [
        ("{prm}", Process, {"layout": "auto"}),
        ("{prm}?aggregate=last&threshold=0.25", Process, {"aggregate": "last", "threshold": 0.25}),
        ("{skywork}", Process, {}),
        ("skywork:{skywork}", Process, {"layout": "skywork"}),
        ("math-shepherd:{shepherd}?batch_tokens=99", Process, {"batch_tokens": 99}),
        ("{classifier}", Process, {}),
        ("token-classification:{classifier}?separator=%0A", Process, {"separator": "\n"}),
        ("{orm}", Outcome, {"granularity": "step"}),
        ("{orm}?layout=outcome", Outcome, {"granularity": "step"}),
        ("orm:{orm}?system=", Outcome, {"granularity": "step", "system": ""}),
        ("orm:{orm}?granularity=trajectory", Outcome, {"granularity": "trajectory"}),
        ("plus-minus:scripted:{words}", PlusMinus, {"read": "word"}),
    ],
)
def test_a_text_opens_its_verifier(folders, tmp_path, spec, kind, fields):
    made, verdicts = opened(spec.format(**folders), tmp_path)
    assert type(made) is kind
    assert {key: getattr(made, key) for key in fields} == fields
    assert {v.verifier for v in verdicts} == {"mine"}
    assert all(v.scored for v in verdicts)
    whole = fields.get("granularity") == "trajectory"
    assert [len(v.step_scores) for v in verdicts] == [
        0 if whole else len(s.steps) for s in GROUP.solutions
    ]


def test_a_server_is_asked_with_ids_of_a_tokenizer_on_this_machine(folders, tmp_path):
    local = Process(str(folders["prm"]), name="mine")
    network = ProcessRewardModel.load(folders["prm"]).network

    async def work():
        expected = await local.verify(GROUP)
        async with wire.loopback(serving.vllm(network)) as server:
            seen = []
            for spec in (
                f"{folders['prm']}@{server.url}",
                f"Served-PRM@{server.url}?tokenizer={folders['prm']}&values=logits&retries=0",
            ):
                async with step_verifier(spec, tmp_path, name="mine") as made:
                    assert type(made) is Pooling
                    seen.append(await made.verify(GROUP))
            return expected, seen, server

    expected, seen, server = asyncio.run(work())
    for verdicts in seen:
        for verdict, known in zip(verdicts, expected, strict=True):
            assert verdict.step_scores == pytest.approx(known.step_scores, abs=1e-5)
    assert {body["model"] for body in server.bodies} == {str(folders["prm"]), "Served-PRM"}
    assert [body["use_activation"] for body in server.bodies] == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "no verifier is named: write PATH"),
        ("nowhere", "'nowhere' holds no config.json: write PATH"),
        ("orm:", "names nothing after the colon"),
        ("plus-minus:", "names nothing after the colon"),
        ("{base}", "Qwen2ForCausalLM is not a process reward model"),
        ("skywork:{base}", "holds no v_head.summary.weight"),
        ("m@http://127.0.0.1:1", r"m@http://127.0.0.1:1?tokenizer=FOLDER"),
        ("{prm}?aggregate", "options 'aggregate' of"),
        (
            "{prm}?colour=red",
            "Process has no option 'colour': it has aggregate, batch_tokens, device",
        ),
        ("{prm}?name=x", "Process has no option 'name'"),
        ("{prm}?threshold=high", "threshold is a number, got 'high'"),
        ("{prm}?aggregate=mean", "aggregate is product, min or last, got 'mean'"),
        ("{prm}?layout=linear", "layout is one of auto, process"),
        ("plus-minus:scripted:{words}?read=logits", "'word' or 'probability'"),
        ("{prm}@http://h:1?shape=score", "shape is one of token_classify"),
        ("orm:{orm}@http://h:1?shape=encode", "shape='encode' scores tokens: use shape='classify'"),
        ("{orm}@http://h:1?shape=reward", "shape='reward' scores tokens"),
        ("x" * 300 + "?a=b", "holds no config.json"),
        (
            "{prm}@http://h:1?api_key=sk",
            "PoolingServer has no option 'api_key': it has backoff, concurrency",
        ),
    ],
)
def test_what_it_cannot_mean_is_one_line_that_teaches(folders, tmp_path, spec, says):
    with pytest.raises(InputError) as error:
        opened(spec.format(**folders), tmp_path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("spec", ["orm:{orm}@URL", "{orm}@URL", "Reward@URL?tokenizer={orm}"])
def test_a_served_outcome_model_is_asked_as_a_classifier_and_has_no_threshold_of_its_own(
    folders, tmp_path, spec
):
    def answer(body, _):
        made = [{"index": i, "probs": [len(ids) / 1000]} for i, ids in enumerate(body["input"])]
        return {"data": made}

    async def work():
        async with (
            wire.loopback(answer) as server,
            step_verifier(spec.format(**folders).replace("URL", server.url), tmp_path) as made,
        ):
            return made, await made.verify(GROUP), server.seen

    made, verdicts, seen = asyncio.run(work())
    assert is_scalar(made)
    assert [len(v.step_scores) for v in verdicts] == [len(s.steps) for s in GROUP.solutions]
    assert all(v.step_scores == tuple(sorted(v.step_scores)) for v in verdicts)
    assert {path for path, _, _ in seen} == {"/classify"}


def test_a_head_of_raw_numbers_is_one_behind_a_server_too(folders, tmp_path):
    async def work(spec):
        async with step_verifier(spec, tmp_path) as made:
            return is_scalar(made)

    served = "@http://127.0.0.1:1?shape=embeddings&tokenizer="
    assert asyncio.run(work(f"m{served}{folders['skywork']}"))
    assert asyncio.run(work(str(folders["skywork"])))
    assert not asyncio.run(work(f"m@http://127.0.0.1:1?tokenizer={folders['prm']}"))


def test_whole_answers_are_asked_of_a_folder_and_every_prefix_of_a_server():
    assert whole_answers("rm") == "orm:rm?granularity=trajectory"
    assert whole_answers("orm:rm?dtype=bfloat16") == "orm:rm?dtype=bfloat16&granularity=trajectory"
    assert whole_answers("rm@http://h:1?retries=0") == "orm:rm@http://h:1?retries=0"


def test_every_spelling_is_listed():
    for word in (
        "PATH",
        "MODEL@URL",
        "orm:",
        "plus-minus:",
        "math-shepherd:",
        "skywork:",
        "token-classification:",
    ):
        assert word in SPECS


def test_verify_opens_the_same_texts(folders, tmp_path):
    def made(kind, **options):
        async def work():
            async with verifier(kind, VerifierOptions(**options), tmp_path) as opened:
                return opened

        return asyncio.run(work())

    assert made("process", checkpoint=str(folders["prm"])) == Process(str(folders["prm"]))
    orm = made("outcome", checkpoint=str(folders["orm"]))
    assert (orm.name, orm.granularity) == ("orm", "trajectory")
    word = made("plus-minus", engine=f"scripted:{folders['words']}")
    assert (type(word), word.name) == (PlusMinus, "plus-minus")
    server = made("pooling", checkpoint=f"{folders['prm']}@http://127.0.0.1:1")
    assert (type(server), server.name) == (Pooling, "prm")
    whole = made("outcome", checkpoint=f"orm:{folders['orm']}@http://127.0.0.1:1?shape=classify")
    assert (whole.layout, whole.server.model, whole.name) == ("outcome", str(folders["orm"]), "orm")
    for kind in ("process", "outcome", "pooling", "plus-minus"):
        with pytest.raises(InputError, match="--checkpoint"):
            made(kind)
