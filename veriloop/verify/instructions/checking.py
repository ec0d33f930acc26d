"""All 25 instructions by id, strict and loose, and what their ``kwargs`` have to hold.

Ids and fields are those of IFEval's input file. Strict is the answer as it stands; loose is followed where any of eight
variants is (arXiv 2311.07911, section 2.2): the answer, without its first line, without its last, without both, and
each of these without asterisks. Every instruction has its own ``kwargs``; nothing is merged between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.text.tagged import own_words
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.instructions import (
    casing,
    combining,
    contents,
    edges,
    formats,
    keywords,
    lengths,
)
from veriloop.verify.instructions.followed import Followed, Given
from veriloop.verify.instructions.tables import Rules, rules_of

Check: TypeAlias = "Callable[[Given], Followed]"
RELATIONS = ("less than", "at least")

KINDS: Mapping[str, Check] = {
    "change_case:capital_word_frequency": casing.capital_word_frequency,
    "change_case:english_capital": casing.english_capital,
    "change_case:english_lowercase": casing.english_lowercase,
    "combination:repeat_prompt": combining.repeat_prompt,
    "combination:two_responses": combining.two_responses,
    "detectable_content:number_placeholders": contents.number_placeholders,
    "detectable_content:postscript": contents.postscript,
    "detectable_format:constrained_response": formats.constrained_response,
    "detectable_format:json_format": formats.json_format,
    "detectable_format:multiple_sections": formats.multiple_sections,
    "detectable_format:number_bullet_lists": formats.number_bullet_lists,
    "detectable_format:number_highlighted_sections": formats.number_highlighted_sections,
    "detectable_format:title": formats.title,
    "keywords:existence": keywords.existence,
    "keywords:forbidden_words": keywords.forbidden_words,
    "keywords:frequency": keywords.frequency,
    "keywords:letter_frequency": keywords.letter_frequency,
    "language:response_language": edges.response_language,
    "length_constraints:nth_paragraph_first_word": lengths.nth_paragraph_first_word,
    "length_constraints:number_paragraphs": lengths.number_paragraphs,
    "length_constraints:number_sentences": lengths.number_sentences,
    "length_constraints:number_words": lengths.number_words,
    "punctuation:no_comma": edges.no_comma,
    "startend:end_checker": edges.end_checker,
    "startend:quotation": edges.quotation,
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "change_case:capital_word_frequency": {
        "capital_relation": "relation",
        "capital_frequency": "count",
    },
    "combination:repeat_prompt": {"prompt_to_repeat": "text"},
    "detectable_content:number_placeholders": {"num_placeholders": "count"},
    "detectable_content:postscript": {"postscript_marker": "text"},
    "detectable_format:multiple_sections": {"section_spliter": "text", "num_sections": "count"},
    "detectable_format:number_bullet_lists": {"num_bullets": "count"},
    "detectable_format:number_highlighted_sections": {"num_highlights": "count"},
    "keywords:existence": {"keywords": "texts"},
    "keywords:forbidden_words": {"forbidden_words": "texts"},
    "keywords:frequency": {"keyword": "text", "relation": "relation", "frequency": "count"},
    "keywords:letter_frequency": {
        "letter": "text",
        "let_relation": "relation",
        "let_frequency": "count",
    },
    "language:response_language": {"language": "text"},
    "length_constraints:nth_paragraph_first_word": {
        "num_paragraphs": "count",
        "nth_paragraph": "place",
        "first_word": "text",
    },
    "length_constraints:number_paragraphs": {"num_paragraphs": "count"},
    "length_constraints:number_sentences": {"relation": "relation", "num_sentences": "count"},
    "length_constraints:number_words": {"relation": "relation", "num_words": "count"},
    "startend:end_checker": {"end_phrase": "text"},
}
"""What each instruction's ``kwargs`` hold; those that are not here need nothing."""

_EXPECTED: Mapping[str, str] = {
    "relation": f"{RELATIONS[0]!r} or {RELATIONS[1]!r}",
    "count": "a whole number of at least 0",
    "place": "a whole number of at least 1",
    "text": "a text",
    "texts": "a list of at least one text",
}


def require_known(instruction: Mapping[str, Json]) -> None:
    """Raises InputError naming the field where this is no instruction that can be checked.

    ``instruction`` is ``{"id": one of KINDS, "kwargs": {...}}``; ``kwargs`` may be left out where none is needed, and
    keys that are None or of other instructions are ignored.
    """
    name = instruction.get("id")
    if not isinstance(name, str) or name not in KINDS:
        raise InputError(f"expected one of the 25 instructions of IFEval, got {name!r}", field="id")
    given = instruction.get("kwargs") or {}
    if not isinstance(given, Mapping):
        raise InputError(f"{name} has kwargs as a JSON object, got {given!r}"[:200], field="kwargs")
    for field, kind in FIELDS.get(name, {}).items():
        if not _holds(given.get(field), kind):
            raise InputError(
                f"{name} needs {_EXPECTED[kind]}, got {given.get(field)!r}"[:200], field=field
            )


def follows(
    instruction: Mapping[str, Json], answer: str, *, language: str = "en", prompt: str = ""
) -> Followed:
    """Does the answer as it stands follow the instruction? A blank answer follows none.

    ``language`` is the code of the language that the answer is asked in. ``prompt`` is the whole request: it may name
    the unit of a length or the sentences to choose from. Raises InputError as ``require_known`` does.
    """
    require_known(instruction)
    return _follows(instruction, answer, rules_of(language), prompt)


def _follows(instruction: Mapping[str, Json], answer: str, rules: Rules, prompt: str) -> Followed:
    """``follows`` of an instruction that is known."""
    if not answer.strip():
        return Followed(False, "a blank answer")
    found = instruction.get("kwargs") or {}
    assert isinstance(found, Mapping)
    return KINDS[str(instruction["id"])](Given(answer, found, rules, prompt))


def follows_loosely(
    instruction: Mapping[str, Json], answer: str, *, language: str = "en", prompt: str = ""
) -> Followed:
    """Does any of the eight variants of the answer follow the instruction? ``why`` is the strict one's, else names the
    variant.
    """
    strict = follows(instruction, answer, language=language, prompt=prompt)
    return _loosened(strict, instruction, answer, rules=rules_of(language), prompt=prompt)


def _loosened(
    strict: Followed, instruction: Mapping[str, Json], answer: str, *, rules: Rules, prompt: str
) -> Followed:
    """The loose verdict of an answer whose strict one is there."""
    if strict.value:
        return strict
    for name, text in variants(answer)[1:]:
        found = _follows(instruction, text, rules, prompt)
        if found.value:
            return Followed(True, f"{name}: {found.why}")
    return strict


def variants(answer: str) -> tuple[tuple[str, str], ...]:
    """The eight variants with their names, the answer itself first; each text once."""
    lines = answer.split("\n")
    cut = {
        "as it stands": answer,
        "without the first line": "\n".join(lines[1:]).strip(),
        "without the last line": "\n".join(lines[:-1]).strip(),
        "without both": "\n".join(lines[1:-1]).strip(),
    }
    found: dict[str, str] = {}
    for plain in (False, True):
        for name, text in cut.items():
            if plain:
                name, text = (
                    f"{name} and asterisks".replace("as it stands and", "without"),
                    text.replace("*", ""),
                )
            found.setdefault(text, name)
    return tuple((name, text) for text, name in found.items())


@final
@dataclass(frozen=True)
class Checked:
    """One instruction of an answer, strictly and loosely."""

    id: str
    strict: Followed
    loose: Followed

    def to_json(self) -> dict[str, Json]:
        """``strict`` and ``loose`` as true, false or null, and why."""
        told: dict[str, Json] = {
            "id": self.id,
            "strict": self.strict.value,
            "loose": self.loose.value,
        }
        return {**told, "why": self.strict.why}


def check_all(
    instructions: Sequence[Mapping[str, Json]],
    answer: str,
    *,
    language: str = "en",
    prompt: str = "",
) -> tuple[Checked, ...]:
    """Every instruction of an item, each with its own ``kwargs``. Where one of them asks for a language, the others
    are checked by that language's rules.
    """
    for one in instructions:
        require_known(one)
        kwargs = one.get("kwargs")
        if one["id"] == "language:response_language" and isinstance(kwargs, Mapping):
            language = str(kwargs["language"])
    rules = rules_of(language)
    found: list[Checked] = []
    for one in instructions:
        strict = _follows(one, answer, rules, prompt)
        loose = _loosened(strict, one, answer, rules=rules, prompt=prompt)
        found.append(Checked(str(one["id"]), strict, loose))
    return tuple(found)


def answer_of(text: str) -> str | None:
    """What of a model's text is its answer: without thoughts and what tools said; None where a thought never ends."""
    own = own_words(text)
    said = without_thoughts(own)
    return said if said is None or said == own else said.lstrip()


def all_followed(found: Iterable[Followed]) -> bool | None:
    """False where one was not followed, else None where one cannot be told, else True."""
    values = [one.value for one in found]
    return False if False in values else None if None in values else True


def _holds(found: Json, kind: str) -> bool:
    if kind == "relation":
        return found in RELATIONS
    if kind in ("count", "place"):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        whole = number and float(found).is_integer()  # type: ignore[arg-type]
        return whole and float(found) >= (kind == "place")  # type: ignore[arg-type]
    if kind == "text":
        return isinstance(found, str) and bool(found.strip())
    return (
        isinstance(found, list | tuple)
        and bool(found)
        and all(isinstance(one, str) and one.strip() for one in found)
    )
