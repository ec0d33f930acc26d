"""One row of one task in one language, in the fields that all layouts of the files are read into.

=============  =====================================================  ======================  ====================
task           fields                                                 gold                    subset
=============  =====================================================  ======================  ====================
xnli           premise, statement                                     A true, B open, C false
mhellaswag     context, A, B, C, D, activity                          letter                  split type
mlogiqa        context, question, A, B, C, D                          letter
mmmlu          question, A, B, C, D, subject                          letter                  easy, hard
mgsm           question                                               number, digits only
flores         source (English)                                       reference translation
humaneval_xl   prompt, entry_point, test, declaration, description    None                    programming language
mifeval        prompt, instruction_id_list, kwargs                    None
=============  =====================================================  ======================  ====================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.ids import Json


@final
@dataclass(frozen=True)
class Item:
    """``uid`` is the parallel key across languages, None where the row could not be aligned; never the row's number.
    ``row`` is 0-based in ``source``, the file it came from.
    """

    task: str
    language: str
    row: int
    fields: Mapping[str, Json]
    gold: str | None = None
    uid: str | None = None
    subset: str = ""
    source: str = ""

    def text(self, name: str) -> str:
        """A field that is a text."""
        found = self.fields[name]
        if not isinstance(found, str):
            raise TypeError(f"{name} of {self.task} is a text, got {type(found).__name__}")
        return found
