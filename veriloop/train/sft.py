"""Demonstrations and critiques -> weights, by TRL's SFTTrainer, saved as an ordinary checkpoint.

Cross-entropy on what the assistant says and on nothing else (arXiv 2501.05727, section 2.5). Which examples are worth
learning from is decided before, in ``feedback``; other objectives than imitation are not here.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from veriloop.engines.layouts import read_config
from veriloop.errors import InputError, MissingExtra
from veriloop.ids import Json, content_id
from veriloop.records import Dropped, Example
from veriloop.runs.fits import loading
from veriloop.store.atomic import write_whole
from veriloop.train.base_weights import weights_of
from veriloop.train.sft_config import SftConfig
from veriloop.train.sft_rows import SftRows, sft_rows

if TYPE_CHECKING:
    from veriloop.train.trainer import Progress

REPORT: Final = "training.json"
STATE: Final = "training.state"
_TOKENIZER: Final = ("tokenizer.json", "chat_template.jinja", "tokenizer_config.json")


@final
@dataclass(frozen=True)
class SftReport:
    """What came of a fine-tuning. ``losses`` has the mean over the updates of each epoch, in nats for a token;
    ``learnt_tokens`` are those of the assistant. ``steps`` counts updates, ``resumed_from`` is the update a killed
    training went on from, 0 for none.
    """

    config: SftConfig
    fingerprint: str
    examples: int
    learnt_tokens: int
    quarantined: tuple[Dropped, ...]
    steps: int
    losses: tuple[float, ...]
    resumed_from: int
    cpu_seconds: float

    def to_json(self) -> dict[str, Json]:
        """The report as it stands in ``training.json``, without the machine's own paths."""
        data: dict[str, Any] = asdict(self)
        for name in ("base", "out"):
            data["config"][name] = Path(data["config"][name]).name
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], config: SftConfig) -> SftReport:
        """The report that ``to_json`` wrote, with the configuration as it was asked for now. Raises TypeError or
        KeyError where something else wrote it.
        """
        more = {
            "config": config,
            "quarantined": tuple(Dropped(**row) for row in data["quarantined"]),
            "losses": tuple(data["losses"]),
        }
        return cls(**{**data, **more})


def train_sft(
    examples: Sequence[Example],
    config: SftConfig,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    replace: bool = True,
) -> SftReport:
    """Fine-tune, save a checkpoint with its tokenizer and ``training.json`` into ``config.out``, and tell of it.

    A model that is there already, made from the same examples by the same configuration, is kept; a training that
    was killed goes on from its last saved state, or starts again, and ends with the same weights. With ``replace``
    False a finished model of another training is refused instead of replaced. Examples that are no demonstration or
    critique, or do not fit, are left out with a reason. One process. Raises InputError where no example is left or
    the configuration cannot be carried out, MissingExtra without the extra ``train``.
    """
    started = time.process_time()
    config = config.filled()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("fine-tuning runs in one process: start it without a launcher")
    read_config(config.base)
    out = Path(config.out)
    if out.resolve() == Path(config.base).resolve():
        raise InputError(
            "a model cannot be trained into its own base: choose another folder", file=config.out
        )
    fingerprint = _fingerprint(examples, config)
    known = _finished(out / REPORT, fingerprint, config)
    if known is not None:
        return known
    if not replace and (out / REPORT).is_file():
        raise InputError(
            "another model is here, trained otherwise; choose another folder, or add --fresh to replace it",
            file=str(out / REPORT),
        )
    (out / REPORT).unlink(missing_ok=True)  # the old model is no model of this training
    with _quiet():
        trainer = _trainer()
        model, tokenizer = _load(config.base)
        data = _rows(tokenizer, model, examples, config)
        state = (out / STATE, fingerprint)
        learnt = trainer.learn(
            model, tokenizer, data.rows, config, state=state, on_progress=on_progress
        )
        _save(model, tokenizer, out)
    report = SftReport(
        config=config,
        fingerprint=fingerprint,
        examples=len(data.rows),
        learnt_tokens=data.learnt_tokens,
        quarantined=data.quarantined,
        steps=learnt.steps,
        losses=learnt.losses,
        resumed_from=learnt.resumed_from,
        cpu_seconds=round(time.process_time() - started, 2),
    )
    write_whole(out / REPORT, (json.dumps(report.to_json(), indent=2) + "\n").encode())
    shutil.rmtree(out / STATE, ignore_errors=True)
    return report


def _trainer() -> Any:
    """The module that needs TRL."""
    with loading():
        try:
            import trl  # noqa: F401
            from accelerate import Accelerator  # noqa: F401
            from datasets import Dataset  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "trl", "train", "fine-tuning") from error
        from veriloop.train import sft_trainer

    return sft_trainer


def _load(base: str) -> tuple[Any, Any]:
    """Weights in float32, and the tokenizer, which must be able to show a chat."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(base)
        model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"no language model could be loaded ({error})", file=base) from error
    if not getattr(tokenizer, "chat_template", None):
        raise InputError(
            "this tokenizer has no chat template, so nobody can say how a prompt is shown: use a tuned model",
            file=base,
        )
    if tokenizer.eos_token_id is None:
        raise InputError(
            "this tokenizer has no end-of-turn token: a model could not learn to stop", file=base
        )
    return model, tokenizer


def _rows(tokenizer: Any, model: Any, examples: Sequence[Example], config: SftConfig) -> SftRows:
    reads = int(getattr(model.config, "max_position_embeddings", 0)) or 2**20
    limit = min(reads, config.max_tokens or reads)
    data = sft_rows(tokenizer, examples, limit, system=config.system)
    if not data.rows:
        reasons = sorted({d.reason for d in data.quarantined}) or ["none was given"]
        raise InputError(f"no example to learn from is left: {'; '.join(reasons[:3])}")
    return data


def _save(model: Any, tokenizer: Any, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    for file in out.glob("*.safetensors"):
        file.chmod(0o644)  # transformers writes it readable by its owner only


def _fingerprint(examples: Sequence[Example], config: SftConfig) -> str:
    """What decides the weights: the examples in order, the configuration, and the base wherever it lies."""
    base = Path(config.base)
    shown = [
        (base / name).read_text(encoding="utf-8") if (base / name).is_file() else None
        for name in _TOKENIZER
    ]
    return content_id(
        "fine-tuning", config.decisive(), weights_of(config.base), shown, [e.id for e in examples]
    )


def _finished(path: Path, fingerprint: str, config: SftConfig) -> SftReport | None:
    if not path.is_file():
        return None
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data.get("fingerprint") != fingerprint:
            return None
        return SftReport.from_json(data, config)
    except (ValueError, TypeError, KeyError, AttributeError):  # not ours: train again
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of transformers: progress is told by ``on_progress``."""
    from transformers.utils import logging

    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
