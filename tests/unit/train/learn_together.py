"""One of two processes that train together, for the tests of ``ranks`` and ``trainer``.

``accelerate launch --config_file fsdp.yaml learn_together.py BASE OUT``: runs the command that a user types after
``-m``, with the configuration that ships; then trains by copies and by shards, goes on from states that one process
left, and ends in the middle of a last training as if killed.
"""

import gc
import os
import runpy
import sys
import warnings
from pathlib import Path

if __name__ == "__main__":
    gc.disable()  # collecting among the modules of torch takes a sixth of a start
sys.path.insert(0, str(Path(__file__).parent))

import test_process as t

from veriloop.errors import MissingExtra
from veriloop.train.ranks import joined


def main(base, out):
    without_accelerate(out / "missing")
    command(base, out)
    warnings.simplefilter("error")
    from accelerate import PartialState

    PartialState(cpu=True)  # joined once for all trainings

    def learn(name, *, shard=False, on_progress=None, **more):
        os.environ["ACCELERATE_USE_FSDP"] = str(shard).lower()
        os.environ["FSDP_VERSION"] = "2"
        settings = t.together(base, out / name, **more)
        t.train_process(
            t.examples(21), settings, validation=t.examples(9, seed=4), on_progress=on_progress
        )

    def say(progress):
        with open(out / "progress", "a") as file:
            file.write(f"{os.environ['RANK']} {progress.step}\n")

    def end(progress):
        if progress.step == 5:
            os._exit(9)

    learn("copied", on_progress=say)
    learn("sharded", shard=True, gradient_checkpointing=True)
    learn("copied-on")  # a state lies in each of these two
    learn("sharded-on", shard=True)
    learn("half", shard=True, dtype="bfloat16", epochs=1)
    learn("killed", shard=True, save_every=3, on_progress=end)


def command(base, out):
    """``-m veriloop.cli train``: joins the processes by itself, and lets them go."""
    sys.argv = ["veriloop", "train", str(out / "data"), "--base", base, "--out", str(out / "launched"),
                "--epochs", "1", "--rate", "3e-4", "--batch", "8", "--micro-batch", "2",
                "--validation-share", "0.2", "--save-every", "1"]  # fmt: skip
    try:
        runpy.run_module("veriloop.cli", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    # The launcher's store still knows the addresses of the processes as they were joined before.
    os.environ |= {"TORCHELASTIC_USE_AGENT_STORE": "False", "MASTER_PORT": os.environ["NEXT_PORT"]}


def without_accelerate(file):
    sys.modules["accelerate"] = None  # as if it were not installed
    try:
        with joined("cpu", "float32"):
            file.write_text("joined")
    except MissingExtra as error:
        file.write_text(str(error))
    del sys.modules["accelerate"]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
