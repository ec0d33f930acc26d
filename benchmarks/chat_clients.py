"""What asks the mock server, each in its own words: ``veriloop sample``, three harnesses, and what does nothing else.

A client is a command line. All of them ask the same questions, which ``Place`` lays out in everybody's layout.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_TOKENS = 64
LM_EVAL = """
import json, sys
from pathlib import Path
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
folder, url, n, flight, out = sys.argv[1:]
found = simple_evaluate(
    model="local-chat-completions",
    model_args=f"model=mock,base_url={url}/v1/chat/completions,num_concurrent={flight},max_retries=3",
    tasks=["mock"], limit=int(n), apply_chat_template=True, log_samples=True, bootstrap_iters=0,
    task_manager=TaskManager(include_path=folder, include_defaults=False),
)
Path(out).mkdir(parents=True)
rows = found["samples"]["mock"]
(Path(out) / "samples.jsonl").write_text("".join(json.dumps(row, default=str) + "\\n" for row in rows))
"""
LM_TASK = """task: mock
dataset_path: json
dataset_kwargs: {{data_files: {{test: {rows}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: [], max_gen_toks: 64, do_sample: false}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""
INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

@task
def mock():
    fields = FieldSpec(input="question", target="answer")
    return Task(dataset=json_dataset({rows!r}, fields), solver=generate(), scorer=includes())
"""


def question(i: int) -> str:
    return f"Question {i}: Natalia sold clips to {i} friends, and then half as many. How many?"


@dataclass(frozen=True)
class Place:
    """The folder of the measurement: questions in everybody's layout, and outputs."""

    folder: Path
    peers: str = ""

    def lay(self, n: int) -> None:
        """Write ``n`` questions."""
        rows = [{"question": question(i), "answer": f"#### {i}"} for i in range(n)]
        write_lines(self.folder / "rows.jsonl", rows)
        options = {"A": "1", "B": "2", "C": "3", "D": "4", "answer": "A"}
        choices = [{"id": str(i), "question": question(i), **options} for i in range(n)]
        write_lines(self.folder / "choices" / "mock_val.jsonl", choices)
        write_lines(self.folder / "choices" / "mock_dev.jsonl", choices[:1])
        path = str(self.folder / "rows.jsonl")
        (self.folder / "lm").mkdir()
        (self.folder / "lm" / "mock.yaml").write_text(LM_TASK.format(rows=path))
        (self.folder / "lm_run.py").write_text(LM_EVAL)
        (self.folder / "inspect_task.py").write_text(INSPECT_TASK.format(rows=path))

    def problems(self, n: int) -> Path:
        """The first ``n`` questions as a folder of problem records."""
        out = self.folder / f"problems-{n}"
        if not out.exists():
            command = [sys.executable, "-m", "veriloop.cli", "problems", self.folder / "rows.jsonl"]
            command += ["--out", out, "--count", n]
            subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        return out

    def out(self, name: str) -> Path:
        """A folder that is not there yet."""
        path = self.folder / "out" / name
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def write_lines(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


Command = Callable[[Place, str, int, int, Path], list[object]]


def ours(place: Place, url: str, n: int, flight: int, out: Path) -> list[object]:
    command: list[object] = [sys.executable, "-m", "veriloop.cli", "sample", "--whole", "--quiet"]
    engine = f"mock@{url}{'&' if '?' in url else '?'}concurrency={flight}"
    command += ["--problems", place.problems(n), "--engine", engine, "--out", out]
    command += ["--n", 1, "--temperature", 0, "--max-tokens", MAX_TOKENS]
    return [*command, "--in-flight", flight]


def bare(kind: str) -> Command:
    def command(place: Place, url: str, n: int, flight: int, out: Path) -> list[object]:
        return [sys.executable, Path(__file__).with_name("bare_client.py"), kind, url, n, flight]

    return command


def lm_eval(place: Place, url: str, n: int, flight: int, out: Path) -> list[object]:
    folder = place.folder
    return [place.peers, folder / "lm_run.py", folder / "lm", url, n, flight, out]


def inspect_ai(place: Place, url: str, n: int, flight: int, out: Path) -> list[object]:
    command: list[object] = [
        place.peers,
        "-m",
        "inspect_ai",
        "eval",
        "inspect_task.py",
    ]
    command += ["--model", "openai-api/mock/mock", "--limit", n, "--max-connections", flight]
    command += ["--max-samples", flight, "--display", "none", "--log-dir", out]
    return [*command, "--temperature", 0, "--max-tokens", MAX_TOKENS]


def evalscope(place: Place, url: str, n: int, flight: int, out: Path) -> list[object]:
    data = {"local_path": str(place.folder / "choices"), "subset_list": ["mock"], "few_shot_num": 0}
    decoding = {"temperature": 0, "max_tokens": MAX_TOKENS, "stream": False}
    command: list[object] = [Path(place.peers).parent / "evalscope", "eval", "--model", "mock"]
    command += ["--api-url", f"{url}/v1", "--api-key", "none", "--eval-type", "openai_api"]
    command += ["--datasets", "general_mcq", "--dataset-args", json.dumps({"general_mcq": data})]
    command += ["--eval-batch-size", flight, "--limit", n, "--work-dir", out]
    return [*command, "--generation-config", json.dumps(decoding)]


CLIENTS: Mapping[str, Command] = {
    "veriloop": ours,
    "lm_eval": lm_eval,
    "inspect_ai": inspect_ai,
    "evalscope": evalscope,
    "bare aiohttp": bare("aiohttp"),
    "bare sockets": bare("sockets"),
}


def there(peers: str, module: str) -> bool:
    """True where the interpreter has the module."""
    if not peers:
        return False
    program = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    return subprocess.run([peers, "-c", program], check=False).returncode == 0
