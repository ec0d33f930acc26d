"""The shipped checkpoints are what their training records say, and finding them is light."""

import pytest

from veriloop.abacus import checkpoint, fingerprint, training_record


@pytest.mark.parametrize("name", ["policy", "judge", "critic", "critic-small"])
def test_shipped_weights_are_what_training_made(name):
    record = training_record(name)
    assert fingerprint(name) == record["sha256"]
    assert record["command"].startswith(f"python -m veriloop.abacus.pretrain {name}")
    assert (checkpoint(name) / "model.safetensors").stat().st_size < 4_000_000


def test_unknown_checkpoint_is_refused():
    with pytest.raises(ValueError, match="policy, judge, critic, critic-small"):
        checkpoint("solver")  # type: ignore[arg-type]


def test_import_is_light():
    import subprocess
    import sys

    code = "import sys, veriloop.abacus; print({'torch','transformers','tokenizers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
