from dataclasses import replace

import pytest

from veriloop.engines.decoder_sequence import Sequence, check


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prompt_ids": ()}, "no tokens"), ({"prompt_ids": (407,)}, "another model"),
        ({"prompt_ids": (1,) * 512}, "context"), ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -1.0}, "temperature"), ({"top_p": 0.0}, "top_p"),
    ],
)  # fmt: skip
def test_bad_sequences_are_refused(change, why):
    with pytest.raises(ValueError, match=why):
        check(replace(Sequence((1, 2)), **change), vocab=407, context=512)


def test_a_good_sequence_passes():
    check(Sequence((0, 406)), vocab=407, context=512)
