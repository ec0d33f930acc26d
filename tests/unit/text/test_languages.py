"""Languages: right on questions of eight and sentences of three, the same every time, and no guess without a basis."""

import json
import random
import subprocess
import sys

import pytest

from veriloop.text.languages import Detected, detect, languages

TEXTS = {
    "en": "The weather is very nice today and we are going for a walk.",
    "de": "Das Wetter ist heute sehr schön und wir gehen spazieren.",
    "es": "Hoy hace muy buen tiempo y vamos a dar un paseo por el parque.",
    "fr": "Il fait très beau aujourd'hui et nous allons nous promener.",
    "pt": "Hoje o tempo está muito bom e nós vamos passear no parque.",
    "vi": "Hôm nay thời tiết rất đẹp và chúng tôi đi dạo trong công viên.",
    "it": "Oggi il tempo è molto bello e andiamo a fare una passeggiata.",
    "fi": "Tänään sää on oikein kaunis ja me lähdemme kävelylle puistoon.",
    "sw": "Leo hali ya hewa ni nzuri sana na tunaenda kutembea kwenye bustani.",
    "ru": "Сегодня очень хорошая погода, и мы идём гулять в парк.",
    "bg": "Днес времето е много хубаво и ние отиваме на разходка в парка.",
    "ar": "الطقس اليوم جميل جدا ونحن ذاهبون للتنزه في الحديقة.",
    "fa": "امروز هوا بسیار خوب است و ما به پارک می‌رویم تا قدم بزنیم.",
    "ur": "آج موسم بہت اچھا ہے اور ہم باغ میں سیر کرنے جا رہے ہیں۔",
    "hi": "आज मौसम बहुत अच्छा है और हम पार्क में टहलने जा रहे हैं।",
    "mr": "आज हवामान खूप छान आहे आणि आम्ही उद्यानात फिरायला जात आहोत.",
    "ne": "आज मौसम धेरै राम्रो छ र हामी पार्कमा घुम्न जाँदैछौं।",
    "bn": "আজ আবহাওয়া খুব সুন্দর।",
    "gu": "આજે હવામાન ખૂબ સરસ છે.",
    "kn": "ಇಂದು ಹವಾಮಾನ ತುಂಬಾ ಚೆನ್ನಾಗಿದೆ.",
    "pa": "ਅੱਜ ਮੌਸਮ ਬਹੁਤ ਵਧੀਆ ਹੈ।",
    "ta": "இன்று வானிலை மிகவும் நன்றாக உள்ளது.",
    "te": "ఈ రోజు వాతావరణం చాలా బాగుంది.",
    "th": "วันนี้อากาศดีมาก",
    "ko": "오늘 날씨가 아주 좋습니다.",
    "ja": "今日は天気がとても良いです。",
    "zh": "今天天气很好，我们去公园散步。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_in_each_language(code):
    assert detect(TEXTS[code]).language == code
    assert code in languages()


@pytest.mark.parametrize("code", ["en", "de", "fr", "pt", "ru"])
def test_capitals_are_no_other_language(code):
    assert detect(TEXTS[code].upper()).language == code


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letters"),
        ("3.14, 2.72!", "no letters"),
        ("Ja, gut.", "too short"),
        ("да", "too short"),
        ("lorem Привет мир abc", "too mixed"),
        ("ᚠᚢᚦᚨᚱᚲ ᚠᚢᚦᚨᚱᚲ", "a script that is not known"),
        ("https://example.com/eine/lange/adresse", "no letters"),
    ],
)
def test_what_cannot_be_told_has_a_reason(text, reason):
    found = detect(text)
    assert found.language is None
    assert found.reason.startswith(reason)


def test_terms_of_another_script_do_not_decide():
    assert detect("我用 Python 和 JavaScript 写程序，也写一点 Rust。").language == "zh"
    assert detect("저는 Python과 JavaScript로 프로그램을 만듭니다.").language == "ko"


def test_a_language_or_a_reason():
    with pytest.raises(ValueError, match="or a reason"):
        Detected(None)
    with pytest.raises(ValueError, match="or a reason"):
        Detected("en", 1.0, "but")


def test_the_same_in_any_order_and_in_another_process():
    texts = list(TEXTS.values())
    first = [detect(text) for text in texts]
    order = random.Random(7).sample(range(1000), 1000)
    for place in order:
        found = detect.__wrapped__(texts[place % len(texts)])  # worked out anew each time
        assert found == first[place % len(texts)]
    code = (
        "import json, sys; from veriloop.text.languages import detect; "
        "print(json.dumps([[d.language, d.confidence] for d in map(detect, json.load(sys.stdin))]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout) == [[d.language, d.confidence] for d in first]


def test_the_model_is_imported_late():
    code = (
        "import sys, veriloop.text.languages as l; assert l.detect('오늘 날씨').language == 'ko'; "
        "print('py3langid' in sys.modules, 'numpy' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]


def test_an_address_takes_no_text_with_it_that_stands_beside_it_without_a_space():
    assert detect("请把问题发到邮箱alice.long-name@example-company.co.uk谢谢").language == "zh"
    assert detect("이메일은alice@example.com입니다").language == "ko"


@pytest.mark.parametrize("code", ["de", "en", "es", "fr", "ja", "ru", "th", "zh"])
def test_questions_of_mgsm(shared_data, code):
    """Of 2,000 questions none gets a wrong language, and two get none."""
    text = (shared_data("mgsm") / f"{code}.jsonl").read_text("utf-8")
    found = [detect(json.loads(line)["question"]).language for line in text.splitlines()[::5]]
    assert set(found) <= {code, None}
    assert found.count(None) <= 1


@pytest.mark.parametrize(
    ("file", "code"), [("eng_Latn", "en"), ("cmn_Hans", "zh"), ("cmn_Hant", "zh"), ("kor_Hang", "ko")]
)  # fmt: skip
def test_sentences_of_flores(shared_data, file, code):
    text = (shared_data("flores_plus") / "dev" / f"{file}.jsonl").read_text("utf-8")
    found = [detect(json.loads(line)["text"]).language for line in text.splitlines()[::5]]
    assert set(found) <= {code, None}
    assert found.count(None) <= 1
