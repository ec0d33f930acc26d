"""What an error carries is found again, and an error that carries nothing is an ordinary one."""

from veriloop.engines.kept_samples import keep_sample, kept_samples
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply
from veriloop.records import Finish


def test_samples_are_carried_by_their_index():
    error = EngineError("sample 1 failed")
    assert kept_samples(error) == {}
    replies = {j: Reply((Completion(str(j), Finish.STOP),)) for j in (0, 2)}
    for j, reply in replies.items():
        keep_sample(error, j, reply)
    assert kept_samples(error) == replies
    assert kept_samples(EngineError("another")) == {}
