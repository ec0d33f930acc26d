"""Made-up answers to P-MMEval for pictures and tests: models of three sizes whose chances depend on item and language.

``python tests/unit/report/fake_answers.py PAGE.html [rows]`` writes the page of them.
"""

import random
import sys
from pathlib import Path

from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.measuring import Measured
from veriloop.bench.pmmeval.outcomes import LOST, Answered, Judged, Outcome
from veriloop.bench.pmmeval.tasks import LANGUAGES, SCORINGS, TASKS
from veriloop.bench.pmmeval.translation import judge_translation
from veriloop.records import Message, Problem, Solution

SKILLS = {"Qwen2.5-0.5B-Instruct": -0.6, "Qwen2.5-1.5B-Instruct": 0.2, "Qwen2.5-7B-Instruct": 1.0}
HARD = {
    "en": 0.0,
    "zh": 0.2,
    "es": 0.2,
    "fr": 0.2,
    "pt": 0.3,
    "ja": 0.5,
    "vi": 0.5,
    "ko": 0.6,
    "ar": 0.8,
    "th": 0.9,
}
PIECES = {"mmmlu": ("easy", "hard"), "humaneval_xl": ("java", "javascript", "python", "rust")}
WORDS = {
    "zh": "我们 今天 早上 在 河边 看见 一只 白色 的 鸟",
    "ar": "رأينا هذا الصباح طائرا أبيض على ضفة النهر",
    "ja": "今朝 川 の ほとり で 白い 鳥 を 見た",
    "ko": "오늘 아침 강가 에서 하얀 새 를 보았다",
    "th": "เช้า นี้ เรา เห็น นก สีขาว ริม แม่น้ำ",
}
OTHER = "esta mañana vimos un ave blanca junto al río antes de la lluvia"


def measured(
    rows=12,
    *,
    models=tuple(SKILLS),
    settings=("en", "native"),
    tasks=tuple(TASKS),
    languages=tuple(LANGUAGES),
    scorings=SCORINGS,
):
    """Answers of every model in every setting; the first item of each task is unaligned in Thai."""
    return tuple(
        _one(model, setting, rows, tasks, languages, scorings)
        for model in models
        for setting in settings
    )


def _one(model, setting, rows, tasks, languages, scorings):
    items, problems, answers = [], [], {}
    outcomes = {scoring: [] for scoring in scorings}
    for task in tasks:
        for code in languages:
            if code not in TASKS[task].languages:
                continue
            for row in range(rows):
                subset = PIECES.get(task, ("",))[row % len(PIECES.get(task, ("",)))]
                uid = None if (row, code) == (0, "th") else f"{task}-{row:04}"
                draw = random.Random(f"{model} {setting} {task} {code} {row}")
                item = Item(
                    task,
                    code,
                    row,
                    {"question": f"{task} {row}"},
                    "B",
                    uid,
                    subset,
                    f"{task}/{code}.jsonl",
                )
                words = WORDS.get(code, OTHER).split()
                gold = " ".join(words) if task == "flores" else "B"
                prompt = f"[{LANGUAGES[code].name}] {WORDS.get(code, OTHER)}? Item {row} of {task}, prompt {setting}."
                problem = Problem(
                    f"pmmeval/{task}", (Message("user", prompt),), gold, subset, code, uid
                )
                text, judged = _answer(draw, model, task, code, row, problem, words, setting)
                items.append(item)
                problems.append(problem)
                if text is not None:
                    answers[problem.id] = Solution(problem.id, (text,))
                for scoring in scorings:
                    if scoring == "official" and subset == "rust":
                        continue
                    outcomes[scoring].append(
                        Outcome(task, code, row, problem.id, judged[scoring], uid, subset)
                    )
    answered = tuple(Answered(model, setting, s, tuple(o)) for s, o in outcomes.items())
    return Measured(model, setting, tuple(items), tuple(problems), answers, answered)


def _answer(draw, model, task, code, row, problem, words, setting):
    """The answer's text, None where none came, and what each scoring says of it."""
    if draw.random() < 0.004:
        return None, dict.fromkeys(SCORINGS, Judged(None, LOST))
    ease = random.Random(f"{task} {row}").gauss(0, 1.2)
    harder = 2.2 if problem.subset == "hard" else 0.0
    lift = 0.2 if setting == "native" and code != "en" else 0.0
    able = 1 / (1 + 2.718 ** -(0.6 + SKILLS.get(model, 0.0) + ease + lift - HARD[code] - harder))
    if task == "flores":
        kept = [w for w in words if draw.random() < 0.45 + able / 2]
        text = "Sure, here it is:\n" * (draw.random() < 0.3) + " ".join(kept)
        return text, {s: judge_translation(problem, text, s) for s in SCORINGS}
    right = draw.random() < able
    letter = "B" if right else draw.choice("ACD")
    text = f"A long thought about item {row}. The answer is ({letter})."
    at = len(text) - 3
    fixed = Judged(
        float(right),
        "",
        "lead-in",
        letter,
        (at, at + 1),
        {"loose": int(right or draw.random() < 0.2)},
    )
    official = Judged(float(right), "", "lead-in", letter, (at, at + 1), {"loose": int(right)})
    if draw.random() < 0.06 + 0.1 * (code in ("th", "ar")):
        fixed = Judged(None, draw.choice(("no letter", "empty")), detail={"loose": 0})
    if draw.random() < 0.1 + 0.15 * (code in ("th", "ar", "ja")):
        official = Judged(0.0, "", "fallback", "A", (0, 1), {"loose": 0})
    return text, {"official": official, "fixed": fixed}


if __name__ == "__main__":
    from veriloop.bench.pmmeval.summary import summarise
    from veriloop.report.pmmeval import PMMEvalFound, pmmeval_page
    from veriloop.report.render import write_page

    found = measured(int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    summary = summarise([a for m in found for a in m.answered])
    write_page(pmmeval_page(PMMEvalFound(summary, found)), Path(sys.argv[1]))
