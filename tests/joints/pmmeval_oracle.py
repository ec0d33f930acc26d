"""Answers that are right by construction, for every task of P-MMEval; and answers of one who guesses."""

import json
import random

from veriloop.bench.pmmeval.phrases import phrases

# A word without comma, capital, quotation mark or anything else that an instruction counts.
WORDS = {
    "en": "word", "es": "palabra", "fr": "mot", "pt": "palavra", "vi": "từ", "ar": "كلمة", "ko": "단어",
    "zh": "字", "ja": "字", "th": "คำ",
}  # fmt: skip
STOPS = {"zh": "。", "ja": "。", "ar": ".", "th": "\n"}
CONSTRAINED = {
    "en": ("My answer is yes.",), "ko": ("제 대답은 예입니다.", "제 답변은 예입니다."),
    "es": ("Mi respuesta es sí.",), "fr": ("Ma réponse est oui.",),
}  # fmt: skip
QUOTES = {"fr": "«»", "es": '""', "zh": "“”", "ja": "「」"}


BODIES = {
    "below_zero": "    sums = [sum(operations[:i]) for i in range(len(operations) + 1)]\n    return min(sums) < 0",
    "sum_product": "    p = 1\n    for x in numbers:\n        p *= x\n    return sum(numbers), p",
    "greatest_common_divisor": "    while b:\n        a, b = b, a % b\n    return a",
    "belowZero": "  let n = 0;\n  return operations.some((x) => (n += x) < 0);\n}",
    "sumProduct": "  return [numbers.reduce((a, x) => a + x, 0), numbers.reduce((a, x) => a * x, 1)];\n}",
    "greatestCommonDivisor": "  while (b) [a, b] = [b, a % b];\n  return a;\n}",
}  # fmt: skip
UNIQUE = {
    "python": "    return sorted(set(l))",
    "javascript": "  return [...new Set(l)].sort((a, b) => a - b);\n}",
}


def right_answer(item):
    """What is right for this item: of programs, for those of the miniature."""
    if item.task == "humaneval_xl":
        name = item.text("entry_point")
        body = UNIQUE[item.subset] if name == "unique" else BODIES[name]
        return f"```{item.subset}\n{item.text('prompt')}{body}\n```"
    if item.task == "mifeval":
        (name,) = item.fields["instruction_id_list"]
        return follow(name, item.fields["kwargs"][0], item.language, item.text("prompt"))
    if item.task == "flores":
        return item.gold
    if item.task == "mgsm":
        return f"1 + 1 = 2.\n{phrases(item.language)['lead_in'][0]} {item.gold}"
    return json.dumps({"answer": item.gold})


def guess(item, seed):
    """A letter by chance."""
    letters = "ABC" if item.task == "xnli" else "ABCD"
    drawn = random.Random(f"{seed}{item.task}{item.language}{item.row}").choice(letters)
    return json.dumps({"answer": drawn})


def follow(name, kwargs, language, prompt):
    """An answer that follows one of MIFEval's instructions and nothing else. One Korean prompt asks for other sentences
    than the official script looks for.
    """
    word, stop = WORDS[language], STOPS.get(language, ".")
    about = kwargs.get("num_words") or kwargs.get("num_sentences") or 0
    wanted = about if kwargs.get("relation") == "at least" else max(1, about - 2)
    ways = {
        "combination:repeat_prompt": lambda: f"{kwargs['prompt_to_repeat']}\n\n{word}{stop}",
        "combination:two_responses": lambda: f"{word} 1\n******\n{word} 2",
        "detectable_content:number_placeholders": lambda: " ".join(
            f"[{word}{i}]" for i in range(kwargs["num_placeholders"])
        ),
        "detectable_content:postscript": lambda: f"{word}{stop}\n\n{kwargs['postscript_marker']} {word}{stop}",
        "detectable_format:constrained_response": lambda: next(
            one for one in CONSTRAINED[language] if one in prompt
        ),
        "detectable_format:json_format": lambda: json.dumps({word: 1}, ensure_ascii=False),
        "detectable_format:number_bullet_lists": lambda: "\n".join(
            f"* {word}" for _ in range(kwargs["num_bullets"])
        ),
        "detectable_format:number_highlighted_sections": lambda: " ".join(
            f"*{word} {i}*" for i in range(kwargs["num_highlights"])
        ),
        "detectable_format:title": lambda: f"<<{word}>>\n{word}{stop}",
        "keywords:forbidden_words": lambda: "1",
        "length_constraints:nth_paragraph_first_word": lambda: "\n\n".join(
            kwargs["first_word"] if i == kwargs["nth_paragraph"] else f"{word}{stop}"
            for i in range(1, kwargs["num_paragraphs"] + 1)
        ),
        "length_constraints:number_paragraphs": lambda: "\n***\n".join(
            f"{word} {i}" for i in range(kwargs["num_paragraphs"])
        ),
        "length_constraints:number_sentences": lambda: " ".join(f"{word.capitalize()}{stop}" for _ in range(wanted)),
        "length_constraints:number_words": lambda: " ".join([word] * wanted),
        "punctuation:no_comma": lambda: f"{word}{stop}",
        "startend:end_checker": lambda: f"{word}{stop} {kwargs['end_phrase']}",
        "startend:quotation": lambda: QUOTES.get(language, '""')[0] + word + QUOTES.get(language, '""')[1],
    }  # fmt: skip
    return ways[name]()
