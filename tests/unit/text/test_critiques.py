"""The reader of critiques on real ones of o1-mini, on hand-made variants of the grammar, and on hostile text."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.text.answers import last_boxed
from veriloop.text.critiques import Critique, NoVerdict, parse_critique, render_critique

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "data" / "realcritic" / "o1mini_math_critiques"
SAMPLE = ROOT / "tests" / "data" / "realcritic_o1mini_sample.jsonl"

STEPS = "## Critique of Student Solution Steps\n### Critique of Step 1\nFine.\n### Critique of Step 2\n2 + 2 is 4."


def end(verdict="The solution is Incorrect.", number="The first error step number: 2"):
    return f"{STEPS}\n\n## Conclusion of Critique\n{verdict}\n{number}\n"


def verdict(text, steps=None):
    read = parse_critique(text, steps)
    assert (read.correct is None) == (read.first_error is None) == (read.why is not None)
    return read.why or read.first_error


# Texts that do not look like a part of the grammar; they are read back as they are.
WORDS = st.text(
    st.characters(exclude_characters="\r", exclude_categories=("Cs",)), max_size=60
).map(str.strip)
MATHS = st.sampled_from(
    [
        r"so $x = 4$, \(\frac{1}{2}\)",
        "This step is correct.",
        "The solution is wrong here,\nsee above.",
        r"\boxed{12}",
        "# A heading\nof its own",
        "- a list\n- of two",
        "ends in a fence?",
        "",
    ]
)
PLAIN = (WORDS | MATHS).filter(lambda t: parse_critique(t).steps == () and "think" not in t)


@st.composite
def critiques(draw):
    wrong = draw(st.booleans())
    steps = tuple(draw(st.lists(PLAIN, max_size=5)))
    correction = draw(PLAIN)
    read = parse_critique(f"## Correction of Student Solution\n{correction}")
    answer = read.answer
    if not wrong and (read.correction != correction or "```" in correction):
        correction = "The answer stays."
        answer = None
    return Critique(
        steps=steps,
        correct=not wrong,
        first_error=draw(st.integers(0, 40)) if wrong else -1,
        correction=correction,
        answer=answer,
        analysis=draw(PLAIN),
    )


@given(critiques())
@settings(max_examples=60, deadline=None)
def test_what_is_rendered_is_read_back(critique):
    assert parse_critique(render_critique(critique)) == critique


@pytest.mark.parametrize("end", ["CORRECTION_END", "**CORRECTION_END**", "=== CORRECTION END ==="])
def test_the_dress_of_the_end_mark_is_on_its_own_line(end):
    """The emphasis that a correction ends with is the correction's."""
    critique = Critique(correct=False, first_error=0, correction="so **x = 5**")
    text = render_critique(critique).replace("CORRECTION_END", end)
    assert parse_critique(text).correction == "so **x = 5**"


def test_a_critique_without_a_verdict_has_no_text():
    with pytest.raises(ValueError, match="nothing to conclude"):
        render_critique(parse_critique("no idea"))


PIECES = st.lists(
    st.sampled_from(
        [
            "## Conclusion of Critique\n",
            "**Conclusion**: ",
            "The solution is Correct.\n",
            "The solution is incorrect\n",
            "first error step number: ",
            "3\n",
            "-1\n",
            "### Critique of Step 2\n",
            "## Step 9999\n",
            "===CORRECTION_START===\n",
            "===CORRECTION_END===",
            "```\n",
            "</think>",
            "<think>",
            r"\boxed{",
            "}",
            "\x00\ud800",
            "\n",
        ]
    ),
    max_size=30,
).map("".join)


@given(PIECES | st.text(max_size=200), st.none() | st.integers(0, 5))
@settings(max_examples=120, deadline=None)
def test_any_text_is_read_and_a_verdict_stands_in_it(text, steps):
    read = parse_critique(text, steps)
    assert (read.correct is None) == (read.first_error is None) == (read.why is not None)
    if read.correct is not None:
        assert "correct" in text.casefold()
    if read.correct is False and steps is not None:
        assert read.first_error is not None
        assert 0 <= read.first_error < steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (end(), 1),
        (end("The solution is **Incorrect**.", "**The first error step number:** **2**"), 1),
        (end("the student's solution is INCORRECT because of step 2.", "First error step: Step 2"), 1),
        (end("The solution is wrong.", "The first error step number is two."), 1),
        (end("The solution is not correct.", "First error step number: [2]"), 1),
        (end("Verdict: Incorrect", "First error step: the second step"), 1),
        (end("**Incorrect**", r"The first error step number: \(2\)".replace("\\(", "").replace("\\)", "")), 1),
        (end("The solution is incorrect. The first error occurs in Step 2.", ""), 1),
        (end("The solution is Correct.", "The first error step number: -1"), -1),
        (end("The student's solution is correct.", "First error step: None"), -1),
        (end("The solution is entirely correct.", "The first error step number: −1"), -1),
        (end("The solution is **Correct**", "First error step number: N/A"), -1),
        (end("The solution is correct, so there is no first error step.", ""), -1),
        (end("I conclude that the solution is Correct.", ""), -1),
        (end().replace("## Conclusion", "#### Conclusion"), 1),
        (end().replace("## Conclusion of Critique", "**Conclusion of Critique**"), 1),
        (end().replace("## Conclusion of Critique", "## CONCLUSION"), 1),
        (end().replace("## Conclusion of Critique\n", "**Conclusion:** "), 1),
        (end().replace("## Conclusion of Critique\n", ""), 1),  # the sentence stands in the last step
        (end().replace("## Conclusion of Critique\n", "\n").replace("solution is ", "solution is *"), 1),
        (f"```markdown\n{end()}```", 1),
        (f"<think>\nThe solution is Correct.\n</think>\n{end()}", 1),
        (end().replace("\n", "\r\n"), 1),
        ("The solution is Incorrect. The first error step number: 3", 2),
        ("Incorrect\nThe first error step number: 3", 2),
        (f"{end()}## Conclusion of Critique\nThe solution is Incorrect.\n", 1),  # said twice, and the same
    ],
)  # fmt: skip
def test_a_verdict_in_any_dress(text, expected):
    assert verdict(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NoVerdict.NO_CONCLUSION),
        ("SyntaxError: invalid syntax", NoVerdict.NO_CONCLUSION),
        (STEPS, NoVerdict.NO_CONCLUSION),
        # Words about a step, or a correction that repeats the solution, conclude nothing.
        (f"{STEPS} So the solution is incorrect here, but harmless.", NoVerdict.NO_CONCLUSION),
        (STEPS.replace("Fine.", "The solution is Correct."), NoVerdict.NO_CONCLUSION),
        (
            f"{STEPS}\n## Correction of Student Solution\nThe student solution is correct.\n\\boxed{{4}}",
            NoVerdict.NO_CONCLUSION,
        ),
        (
            f"{STEPS}\nCORRECTION_START\nThe solution is Incorrect.\nFirst error step number: 2\n",
            NoVerdict.NO_CONCLUSION,
        ),
        ("<think>The solution is Correct.", NoVerdict.NO_CONCLUSION),
        (end("The solution has merits.", ""), NoVerdict.UNCLEAR),
        (end("The solution is [Correct/Incorrect].", ""), NoVerdict.UNCLEAR),
        (end("The solution is Correct or Incorrect.", ""), NoVerdict.UNCLEAR),
        (end("The solution is partially correct."), NoVerdict.UNCLEAR),
        (end("The solution is correct up to step 2."), NoVerdict.UNCLEAR),
        (end("The solution is correct, but too long.", ""), NoVerdict.UNCLEAR),
        (end("The solution is correct\nin its first step.", ""), NoVerdict.UNCLEAR),
        (end("If the answer is 4, the solution is correct.", ""), NoVerdict.UNCLEAR),
        (end("I cannot say that the solution is correct.", ""), NoVerdict.UNCLEAR),
        (end("It is unclear whether the solution is incorrect.", ""), NoVerdict.UNCLEAR),
        (end("The solution is not incorrect.", ""), NoVerdict.UNCLEAR),
        (end("The corrected solution is correct.", ""), NoVerdict.UNCLEAR),
        (end("The corrected student solution is correct.", ""), NoVerdict.UNCLEAR),
        (end("", "The first error step number: 2"), NoVerdict.UNCLEAR),
        (end("The solution is Correct."), NoVerdict.CONTRADICTION),
        (end("The solution is Correct.", "The first error step number: 0"), NoVerdict.CONTRADICTION),
        (end(number="The first error step number: -1"), NoVerdict.CONTRADICTION),
        (end(number="The first error step: none"), NoVerdict.CONTRADICTION),
        (end(number=""), NoVerdict.NO_STEP),
        (end(number="The first error step number: 2-3"), NoVerdict.NO_STEP),
        (end(number="The first error step number: 2.1"), NoVerdict.NO_STEP),
        (end(number="The first error step number: 0"), NoVerdict.OUT_OF_RANGE),
        (end(number="The first error step number: 3"), NoVerdict.OUT_OF_RANGE),
        (end("The solution is Incorrect. The solution is Correct."), NoVerdict.SEVERAL),
        (end() + end("The solution is Correct.", ""), NoVerdict.SEVERAL),
        (end() + "\nThe first error step number: 1", NoVerdict.SEVERAL),
    ],
)  # fmt: skip
def test_no_verdict_is_ever_guessed(text, why):
    assert verdict(text, steps=2) is why


def test_the_solution_of_the_correction_keeps_its_own_headings():
    text = (
        end()
        + "## Correction of Student Solution\nHere it is:\n===CORRECTION_START===\n## Step 1: sum\n2 + 2 = 4\n"
        "## Conclusion\nThe solution is correct.\n\\boxed{4} ===CORRECTION_END===\n```"
    )
    read = parse_critique(text, 2)
    assert read.correction == (
        "## Step 1: sum\n2 + 2 = 4\n## Conclusion\nThe solution is correct.\n\\boxed{4}"
    )
    assert (read.correct, read.first_error, read.answer) == (False, 1, "4")
    assert read.steps == ("Fine.", "2 + 2 is 4.")


@pytest.mark.parametrize(
    ("tail", "correction", "answer"),
    [
        ("CORRECTION_START\n2 + 2 = \\boxed{4}", "2 + 2 = \\boxed{4}", "4"),  # never closed
        ("## Correction of Student Solution\n2 + 2 = \\boxed{4}", "2 + 2 = \\boxed{4}", "4"),
        ("### Corrected Solution:\n\\boxed{4}\n```", "\\boxed{4}", "4"),
        ("CORRECTION_START\na\nCORRECTION_END\nThus \\boxed{4}", "a", "4"),
        ("CORRECTION_START\n\\boxed{3}\nCORRECTION_END\nCORRECTION_START\n\\boxed{4}", "\\boxed{4}", "4"),
        ("## Correction of Student Solution\nI do not know", "I do not know", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_corrections_with_and_without_markers(tail, correction, answer):
    read = parse_critique(end() + tail)
    assert (read.correction, read.answer, read.first_error) == (correction, answer, 1)


def test_a_verdict_after_the_correction_counts_and_one_in_it_does_not():
    inner = "The solution is Correct.\n\\boxed{4}"
    after = "The solution is Incorrect.\nThe first error step number: 2"
    assert verdict(f"{STEPS}\nCORRECTION_START\n{inner}\nCORRECTION_END\n{after}") == 1


def test_steps_stand_under_their_numbers():
    text = (
        "### Critique of Step 1\na\n#### Critique of Step 2 (Method 2)\nb\n**Step 3:** c\n"
        "### Critique of Steps 4-6\nd\n### Critique of Verification\ne\n## Step 7.1: f\ng\n## Step 900\nh"
    )
    read = parse_critique(text)
    assert read.steps == (
        "a",
        "(Method 2)\nb",
        "c",
        "-6\nd\n### Critique of Verification\ne",
        "",
        "",
        ".1: f\ng\n## Step 900\nh",
    )


def test_the_sample_of_real_critiques():
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    found = {row["idx"]: parse_critique(row["critique"]) for row in rows}
    # 107 has no heading over its conclusion, 244 one word in a fence, 138 two methods; 113 is a crashed tool.
    assert found[107].first_error == 1
    assert found[244].first_error == 2
    assert found[113].why is NoVerdict.NO_CONCLUSION
    assert found[100].steps[1].startswith("and Step 3")
    assert found[100].steps[2] == ""
    assert "(Method 2)" in found[138].steps[0]
    assert sum(read.correct is not None for read in found.values()) == len(rows) - 1


@pytest.mark.skipif(not REAL.is_dir(), reason="the real critiques of o1-mini are not here")
def test_every_real_critique_that_states_a_conclusion_has_it_found():
    counts = Counter()
    for file in ("balanced", "self"):
        for line in (REAL / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            read = parse_critique(row["critique"])
            counts[file, read.why or read.correct] += 1
            if read.correct is None:  # by eye: these two hold nothing but the errors of a tool
                assert "SyntaxError" in row["critique"]
                assert len(row["critique"]) < 300
    assert counts == {
        ("balanced", True): 127,
        ("balanced", False): 140,
        ("balanced", NoVerdict.NO_CONCLUSION): 1,
        ("self", True): 254,
        ("self", False): 13,
        ("self", NoVerdict.NO_CONCLUSION): 1,
    }


HOSTILE = [
    "\\boxed{",
    "### Critique of Step 1\n",
    "CORRECTION_START\n",
    "CORRECTION_END\n",
    "CORRECTION_START CORRECTION_END\n",
    "## Conclusion of Critique\n",
    "## Conclusion\nThe solution is ",
    "# * # * ",
    "The solution is correct " * 3,
    "first error step number: ",
    "```\n",
    "</think>",
    "solution is\n" * 2,
]


def lines_run(text):
    """Lines of Python that the reader of critiques runs, in its own modules."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if "veriloop" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse_critique(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_text(piece):
    small, large = lines_run(piece * 100), lines_run(piece * 200)
    assert large <= 2.2 * small + 50


@given(
    st.lists(st.sampled_from(["\\boxed{", "{", "}", "\\}", "a", " ", "\\fbox{"]), max_size=24).map(
        "".join
    )
)
@settings(max_examples=200, deadline=None)
def test_boxes_that_are_never_closed_are_passed_over_as_one_by_one(text):
    """Against the plain way: try every box from the last, and walk its braces."""
    expected = None
    for start in reversed(
        [i for i in range(len(text)) if text.startswith(("\\boxed{", "\\fbox{"), i)]
    ):
        depth, at, first = 0, text.index("{", start), text.index("{", start)
        while at < len(text):
            if text[at] == "\\":
                at += 1
            elif text[at] in "{}":
                depth += 1 if text[at] == "{" else -1
                if depth == 0:
                    break
            at += 1
        if at < len(text) and text[first + 1 : at].strip():
            expected = text[first + 1 : at].strip()
            break
    assert last_boxed(text) == expected
