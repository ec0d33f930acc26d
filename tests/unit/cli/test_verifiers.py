"""What ``--prm`` may name: each text opens its verifier, and what it cannot mean is one clear line."""

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

from veriloop.cli.verifiers import SPECS, step_verifier
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
