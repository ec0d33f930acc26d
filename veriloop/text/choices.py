r"""Multiple choice, as text: which letters an answer names, where a solution names them, and the options of a problem.

Letters come out as one string, upper case, in alphabetical order, each once: "ACD". A letter counts only where it
stands as a choice ("(C)", "C.", "the answer is C", ``\boxed{C}``): the article of "a plane" is none. Whether the
letters are right is ``veriloop.verify.answer_rules``'s business.
"""

from __future__ import annotations

import re
from functools import lru_cache

from veriloop.text.answers import extract_answer, normalise_answer

_WRAPPED = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|textrm|mbox|rm|bf)\s*\{([^{}]*)\}")
_JOINED = r"(?:[\s,;/&+、，；和与及()（）]|\band\b|\\,)*"
_SAID = re.compile(
    r"(?:\b(?:answers?|choices?|options?)\b(?:\s+(?:choice|option))?[*_]*(?:\s+(?:is|are|would be|must be)\b)?|"
    r"答案(?:是|为)?|故?选(?:择|项)?|应选|正确(?:的)?(?:选项|答案)?(?:是|为))"
    r"[\s:：*_$\\(（【\[]*(?:option|choice|选项)?[\s*_$(（【\[{]*"
    rf"(?P<first>[A-K])(?P<rest>(?:{_JOINED}[A-K])*)(?![A-Za-z'’])"
)
# Bracketed letters count wherever they stand, since sets glue them to words; dotted ones only at a new word.
_BRACKETED = re.compile(r"[(（](?P<letter>[A-K])[)）]")
_DOTTED = re.compile(
    r"(?:^|(?<=[\s:：;；.,。，)）$}]))(?P<letter>[A-K])\s*[.．、:：](?=\s*\S)", re.MULTILINE
)
_EDGES = re.compile(r"^\}(?:\s|\\ )*|(?:[;；,，\s]|\\q?quad|\\(?:textbf|text|mathrm)\{)+$")
_WIDTH = str.maketrans(
    {chr(0xFF01 + i): chr(0x21 + i) for i in range(94) if chr(0x21 + i) not in "%"}
    | {"\u3000": " "}
)


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as their ASCII twins; all else as it is."""
    return text.translate(_WIDTH)


def unwrapped(text: str) -> str:
    r"""``\text{...}`` and its like replaced by what they hold."""
    before = None
    while text != before:
        before, text = text, _WRAPPED.sub(r"\1", text)
    return text


@lru_cache(maxsize=16_384)
def letters_in(answer: str, letters: str) -> str | None:
    r"""The choice that an answer names, of those in ``letters``; None where it names none.

    >>> letters_in(r"\text{(B)} amnion", "ABCD"), letters_in("A, C and D", "ABCD"), letters_in("a plane", "ABCD")
    ('B', 'ACD', None)
    """
    text = unwrapped(normalise_answer(narrow(answer))).strip(" .*_$`~")
    text = re.sub(r"\\[()\[\],;! ]", " ", text).strip()
    # Small letters are choices only alone: "bad" and "a plane" are words.
    small = re.fullmatch(r"[(\[{]?\s*([a-k])\s*[)\]}.]?", text)
    if small:
        text = small[1].upper()
    if re.fullmatch(rf"{_JOINED}[{letters}](?:{_JOINED}[{letters}])*{_JOINED}\.?", text):
        return "".join(sorted(set(re.findall(rf"[{letters}]", text))))
    marked = re.match(
        rf"(?:[Oo]ption|[Cc]hoice|选项?)?\s*(?:[(（]\s*([{letters}])\s*[)）]|([{letters}])\s*[.)）:：、]|"
        rf"([{letters}])\s*$)",
        text,
    )
    return next(group for group in marked.groups() if group) if marked else None


def find_choice(text: str, letters: str) -> str | None:
    r"""The letters that a solution ends up with: its last box, else what it last calls its answer, else a last
    line of letters alone. None where it names none; a box that holds something else hides what stands before it.
    """
    boxed = extract_answer(text) if "\\boxed" in text or "\\fbox" in text else None
    if boxed is not None:
        return letters_in(boxed, letters)
    plain = narrow(text)
    for match in reversed(list(_SAID.finditer(plain))):
        named = "".join(
            sorted({c for c in match["first"] + match["rest"] if c.isalpha() and c.isupper()})
        )
        if set(named) <= set(letters):
            return named
    last = plain.strip().rsplit("\n", 1)[-1]
    if found := letters_in(last, letters):
        return found
    said = extract_answer(text)
    return letters_in(said, letters) if said else None


def options_in(problem: str) -> dict[str, str]:
    """The options that a problem lists, by letter: the last run of "(A) ... (B) ..." or "A. ... B. ...".

    Letters run on from A, or from F as every other question of the ACT has them (F, G, H, J, K).
    """
    text = narrow(problem)
    best: list[tuple[str, int, int]] = []
    for pattern, least in ((_BRACKETED, 3), (_DOTTED, 2), (_BRACKETED, 2)):
        marks = [(m["letter"], m.start(), m.end()) for m in pattern.finditer(text)]
        runs = [_run(marks[i:]) for i, (letter, _, _) in enumerate(marks) if letter in "AF"]
        best = max((r for r in reversed(runs) if len(r) >= least), key=len, default=[])
        if best:
            break
    if not best:
        return {}
    ends = [start for _, start, _ in best[1:]] + [len(text)]
    return {
        letter: _clean(text[end:stop]) for (letter, _, end), stop in zip(best, ends, strict=True)
    }


def _clean(option: str) -> str:
    """An option without what belongs to the next one's mark, or to the sentence after the last."""
    text = _EDGES.sub("", option.split("\n\n", 1)[0].strip()).strip()
    return text if text.startswith("$") else text.rstrip("$ ")


def _run(marks: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    order = "FGHJK" if marks[0][0] == "F" else "ABCDEFGHIJK"
    run: list[tuple[str, int, int]] = []
    for mark in marks:
        if len(run) < len(order) and mark[0] == order[len(run)]:
            run.append(mark)
        elif mark[0] == order[0]:
            break
    return run
