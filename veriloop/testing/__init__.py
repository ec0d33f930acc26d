"""Does a plug-in keep its contract? One check for each of the shapes Engine, Search, Verifier and Feedback.

    async def test_my_engine():
        await check_engine(MyEngine(...))

Each raises AssertionError with what was expected, what came and why it matters, on the first thing that does
not hold. They need no network and no weights but those of the plug-in; how good it is they cannot tell.
"""

from veriloop.testing.engine import check_engine
from veriloop.testing.rebuild import check_repr
from veriloop.testing.verbs import check_feedback, check_search, sample_groups
from veriloop.testing.verifiers import check_verifier

__all__ = [
    "check_engine",
    "check_feedback",
    "check_repr",
    "check_search",
    "check_verifier",
    "sample_groups",
]
