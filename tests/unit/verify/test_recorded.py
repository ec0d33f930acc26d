"""Recorded verdicts speak again as they were, and about nothing else."""

import asyncio
from dataclasses import replace

from veriloop.engines.scripted import Scripted
from veriloop.records import Form, Granularity, Unscored, Verdict
from veriloop.testing import check_verifier, sample_groups
from veriloop.verify.compare import Pairwise
from veriloop.verify.recorded import Recorded


def test_what_was_said_is_said_again_under_the_new_name():
    groups = sample_groups()
    judge = Pairwise(Scripted(lambda request: "<better>2</better>"))
    said = [v for group in groups for v in asyncio.run(judge.verify(group))]
    recorded = Recorded.of("again", said)
    again = [v for group in groups for v in asyncio.run(recorded.verify(group))]
    assert again == [replace(v, verifier="again") for v in said]
    assert recorded.digest != Recorded.of("again", said[1:]).digest
    asyncio.run(check_verifier(recorded, groups, rebuild=False))


def test_nothing_is_recorded():
    (group, _) = sample_groups()
    first = Verdict(
        group.problem.id, group.solutions[0].id, "v", Form.BINARY, Granularity.TRAJECTORY, 1.0
    )
    told = asyncio.run(Recorded.of("v", [first]).verify(group))
    assert [v.value for v in told] == [1.0, None]
    assert told[1].unscored is Unscored.ABSTAINED
    assert told[1].form is Form.BINARY
    assert told[1].detail == {"error": "nothing is recorded"}
