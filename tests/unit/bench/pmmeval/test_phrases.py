"""Every language's file is whole, and the phrases are those of the official harness."""

from importlib import resources

import pytest

from veriloop.bench.pmmeval.phrases import TEMPLATE_FIELDS, Phrases, phrases, template
from veriloop.bench.pmmeval.tasks import LANGUAGES
from veriloop.errors import InputError

FOLDER = resources.files("veriloop.bench.pmmeval") / "languages"
# OpenCompass @ a5acc4bb, PMMEval/xnli.py and mgsm_gen_679720.py: what it looks for, in its order, and what it asks for.
OFFICIAL = {
    "fr": ["La réponse est", "la réponse est"],
    "en": ["the answer is", "The answer is"],
    "vi": ["Câu trả lời là", "câu trả lời là"],
    "ar": ["الجواب هو"],
    "th": ["คำตอบคือ"],
    "zh": ["答案是"],
    "ko": ["답변은"],
    "pt": ["A resposta é"],
    "ja": ["答えは"],
    "es": ["La respuesta es"],
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_every_template_and_the_official_lead_ins(code):
    own = phrases(code)
    assert own["name"] == LANGUAGES[code].name
    assert own["official_lead_in"] == OFFICIAL[code]
    assert own["lead_in"][0][0] == own["lead_in"][0][0].upper(), (
        "the first is asked for: a sentence"
    )
    assert (own["code"], sorted(own["lead_in"])) == (code, sorted(OFFICIAL[code]))
    assert (own.keys(), own["prompts"].keys()) == (
        Phrases.__annotations__.keys(),
        TEMPLATE_FIELDS.keys(),
    )
    for task, fields in TEMPLATE_FIELDS.items():
        named = fields | {"language"} if (code, task) == ("en", "flores") else fields
        assert template(code, task).fields == named


def test_there_is_one_file_for_each_language():
    names = [file.name for file in FOLDER.iterdir()]
    assert sorted(names) == sorted(f"{code}.json" for code in LANGUAGES)


@pytest.mark.parametrize("code", [c for c in LANGUAGES if c != "en"])
def test_a_native_template_asks_for_the_same_form_in_another_language(code):
    """Same options, same JSON, same placeholder, same lines; and no line of the English one is left but these."""
    shared = {"{{", "{A", "{B", "{C", "{D", "A.", "B.", "C.", "D.", "{question}"}
    for task in TEMPLATE_FIELDS:
        own, english = template(code, task).text, template("en", task).text
        assert own.count("\n") == english.count("\n"), task
        asked_for = [t for t in english.split("\n") if t.startswith("{{")]
        assert [t for t in own.split("\n") if t.startswith("{{")] == asked_for
        assert own.count("[choice]") == english.count("[choice]")
        same = set(own.split("\n")) & set(english.split("\n")) - {"", "{source}"}
        assert all(any(t.startswith(s) for s in shared) for t in same), (task, same)


def test_a_language_without_a_file_is_refused():
    with pytest.raises(InputError, match="no phrases for the language 'xx': there are en, zh"):
        phrases("xx")
