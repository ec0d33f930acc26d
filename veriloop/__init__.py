"""Veriloop: verifier engineering for language models. Search, verify, and turn the verdicts into feedback.

The records and shapes below are the whole language; kinds live in the rooms of the same names
(``veriloop.search``, ``veriloop.verify``, ...). Importing this loads no heavy library.
"""

from veriloop.errors import InputError, MissingExtra, VeriloopError
from veriloop.protocols import (
    Completion,
    Engine,
    Feedback,
    Guide,
    Kept,
    Reply,
    Request,
    Sampling,
    Search,
    Verifier,
)
from veriloop.records import (
    Dropped,
    Example,
    Finish,
    Group,
    Message,
    Problem,
    Solution,
    Unscored,
    Verdict,
)

__version__ = "0.1.0"

__all__ = [
    "Completion",
    "Dropped",
    "Engine",
    "Example",
    "Feedback",
    "Finish",
    "Group",
    "Guide",
    "InputError",
    "Kept",
    "Message",
    "MissingExtra",
    "Problem",
    "Reply",
    "Request",
    "Sampling",
    "Search",
    "Solution",
    "Unscored",
    "Verdict",
    "Verifier",
    "VeriloopError",
]
