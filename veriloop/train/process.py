"""Step labels -> a process reward model, saved as an ordinary checkpoint.

Source: arXiv 2501.07301, sections 2.1 and 4.1: loss at step ends only, hard labels with cross-entropy or soft
labels with squared error. Which labels are worth learning from is decided before, in ``feedback``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import SEPARATOR
from veriloop.errors import InputError
from veriloop.ids import content_id
from veriloop.records import NO_ERROR, Example
from veriloop.store.atomic import write_whole
from veriloop.train.base_weights import weights_of
from veriloop.train.config import ProcessConfig
from veriloop.train.ranks import Ranks, joined, whole
from veriloop.train.report import HeldOut, TrainReport, class_balance, first_wrong
from veriloop.train.step_examples import Prepared, example_name, prepare, shared_problems
from veriloop.train.trainer import Progress, Trainer

REPORT: Final = "training.json"
STATE: Final = "training.state"


def train_process(
    examples: Sequence[Example],
    config: ProcessConfig,
    *,
    validation: Sequence[Example] = (),
    on_progress: Callable[[Progress], None] | None = None,
    replace: bool = True,
) -> TrainReport:
    """Train, save a checkpoint and ``training.json`` into ``config.out``, and say what came of it.

    A model that is there already, made from the same examples by the same configuration, is kept; a training
    that was killed goes on and ends with the same weights. With ``replace`` False a finished model of another
    training is refused instead of replaced. Bad examples are left out with a reason. Under
    ``accelerate launch`` all its processes call this with the same arguments and learn together; the first one
    writes and calls ``on_progress``. Raises InputError where no example is left, or where the configuration
    cannot be carried out.
    """
    started = time.process_time()
    config = config.filled()
    if config.keep == "best" and not validation:
        raise InputError("keep='best' needs validation examples: give some, or write keep='last'")
    out = Path(config.out)
    with joined(config.device, config.dtype) as ranks:
        fingerprint = ranks.same(_fingerprint(examples, validation, config), "examples and base")
        known = _finished(out / REPORT, fingerprint, config)
        if ranks.same(known is not None, "finished model") and known is not None:
            return known
        if not replace and (out / REPORT).is_file():
            raise InputError(
                "another model is here, trained otherwise; choose another folder, or add --fresh to replace it",
                file=str(out / REPORT),
            )
        model = ranks.place(lambda: _fresh(config), config.dtype)
        data, held = _prepared(model, config, examples), _held(model, config, validation)
        trainer = Trainer(
            config, model, ranks, data=data, held=held, state=(out / STATE, fingerprint)
        )
        trainer.run(on_progress)
        report = TrainReport(
            config=config,
            fingerprint=fingerprint,
            processes=ranks.count,
            examples=len(data.encoded),
            balance=class_balance(data.labels, data.cut),
            cut_steps=data.cut_steps,
            after_error=data.after_error,
            quarantined=data.quarantined,
            held_out=HeldOut(
                len(held.encoded), shared_problems(examples, validation), held.quarantined
            ),
            steps=trainer.schedule.steps,
            losses=tuple(trainer.losses),
            validation=tuple(trainer.scores),
            kept=trainer.kept,
            resumed_from=trainer.resumed_from,
            separator=_separator(model),
            cpu_seconds=round(ranks.total(time.process_time() - started), 2),
        )
        _write(out, model, ranks, report)
    return report


def _fresh(config: ProcessConfig) -> ProcessRewardModel:
    model = ProcessRewardModel.create(
        config.base,
        head=config.head,
        reference=config.reference,
        system=config.system,
        seed=config.seed,
    )
    if config.freeze_base and config.head == "linear":
        model.network.model.requires_grad_(False)  # type: ignore[union-attr]
    return model


def _limit(model: ProcessRewardModel, config: ProcessConfig) -> int:
    return min(model.limit, config.max_tokens or model.limit)


def _prepared(
    model: ProcessRewardModel, config: ProcessConfig, examples: Sequence[Example]
) -> Prepared:
    data = prepare(model, examples, _limit(model, config), on_truncation=config.on_truncation)
    if not data.encoded:
        reasons = sorted({d.reason for d in data.quarantined}) or ["none was given"]
        raise InputError(f"no example to learn from is left: {'; '.join(reasons[:3])}")
    return data


def _held(
    model: ProcessRewardModel, config: ProcessConfig, validation: Sequence[Example]
) -> Prepared:
    """The validation examples; one that does not fit whole is none, because its first error may be lost."""
    how = "error" if config.on_truncation == "error" else "whole"
    held = prepare(model, validation, _limit(model, config), on_truncation=how)
    if validation and not held.encoded:
        reasons = sorted({d.reason for d in held.quarantined})
        raise InputError(f"no validation example is left: {'; '.join(reasons[:3])}")
    wrong = {first_wrong(labels) != NO_ERROR for labels in held.labels}
    if config.keep == "best" and len(wrong) < 2:
        raise InputError(
            "keep='best' needs right solutions and solutions with a wrong step among the validation examples: "
            "without either the F1 of every epoch is 0; give some, or write keep='last'"
        )
    return held


def _write(out: Path, model: ProcessRewardModel, ranks: Ranks, report: TrainReport) -> None:
    """The checkpoint, then the report, whose presence says that all is there."""
    weights: dict[str, Tensor] | None = None
    if ranks.sharded:
        weights = {name: whole(tensor) for name, tensor in model.network.state_dict().items()}
    if ranks.leads:
        model.save(out, weights)
        text = json.dumps(report.to_json(), indent=2) + "\n"
        write_whole(out / REPORT, text.encode())
        (out / STATE).unlink(missing_ok=True)
    ranks.gather(None)  # nobody ends before the files are there


def _separator(model: ProcessRewardModel) -> int | None:
    if model.head != "linear":
        return None
    return int(model.tokenizer.convert_tokens_to_ids(SEPARATOR))


def _fingerprint(
    examples: Sequence[Example], validation: Sequence[Example], config: ProcessConfig
) -> str:
    """What decides the weights: the examples in order and the configuration, wherever its folders lie."""
    bases = [weights_of(path) for path in (config.base, config.reference) if path]
    ids = [[example_name(e) for e in examples], [example_name(e) for e in validation]]
    return content_id("training", config.decisive(), bases, *ids)


def _finished(path: Path, fingerprint: str, config: ProcessConfig) -> TrainReport | None:
    if not path.is_file():
        return None
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data.get("fingerprint") != fingerprint:
            return None
        return TrainReport.from_json(data, config)
    except (ValueError, TypeError, KeyError):  # not ours, or another version's: train again
        return None
