"""Does a prompt's limit include its own number? "At most 3 sentences" does, "less than 3" does not.

The data keep only "less than n", also where a translation asks for n at most (문장 이내 in P-MMEval's Korean), so the
prompt decides. Read are phrases of the ten languages beside the number in digits; a number in words is not found.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_BEFORE = (
    r"(?:at most|no more than|not more than|up to|(?:a )?maximum of|"
    r"como máximo|no más de|(?:un )?máximo(?: de)?|hasta|"
    r"au plus|au maximum|pas plus de|(?:un )?maximum de|jusqu'à|"
    r"no máximo|não mais (?:de|que|do que)|até|"
    r"tối đa|không quá|nhiều nhất(?: là)?|"
    r"على الأكثر|بحد أقصى|بما لا يزيد (?:عن|على)|لا [يت](?:زيد|تجاوز)(?: (?:عن|على))?|"
    r"不超过|不多于|不得超过|至多|最多|最大|최대|많아야|ไม่เกิน|สูงสุด|อย่างมาก)"
)
_BEHIND = (
    r"(?:at most|at the most|or less|or fewer|maximum|"
    r"como máximo|o menos|máximo|au plus|au maximum|maximum|ou moins|no máximo|ou menos|"
    r"trở xuống|hoặc ít hơn|على الأكثر|كحد أقصى|بحد أقصى|أو أقل|"
    r"以内|之内|以下|이내|이하|หรือน้อยกว่า|เป็นอย่างมาก)"
)


@lru_cache(maxsize=4096)
def includes_itself(prompt: str, number: int) -> bool:
    """Does ``prompt`` name ``number`` as one that may be reached, not as one to stay below?

    >>> includes_itself("Answer in at most 3 sentences.", 3), includes_itself("In less than 3 sentences.", 3)
    (True, False)
    """
    text = unicodedata.normalize("NFKC", prompt).lower()
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    digits = rf"(?<![\d.,]){number}(?![.,]?\d)"
    unit = r"\s*\w{0,14}\s*"
    return re.search(rf"{_BEFORE}\W{{0,3}}{digits}|{digits}{unit}{_BEHIND}", text) is not None
