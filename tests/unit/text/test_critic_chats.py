"""What critics are shown: the layouts to the character, and that the grammar the prompts explain is the parser's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.abacus.student_critiques import critic_prompt
from veriloop.errors import InputError
from veriloop.records import Message, Problem
from veriloop.text.critic_chats import CriticChat, numbered
from veriloop.text.critiques import ANALYSIS, CONCLUSION, CORRECTION, CRITIQUE, parse_critique

PROBLEM = Problem("t", "How much is {x} + 2?", "4")
TEXTS = st.text("ab{}<>/_1 \\$数\n", min_size=1, max_size=12)
PROMPTS = ("critic_direct", "critic_direct_bare", "critic_contrastive", "critic_contrastive_bare")


def asked(prompt, steps=("one", "two"), reference=("right", "way")):
    chat = CriticChat(prompt)
    (turn,) = chat.ask(PROBLEM, steps, reference=reference if chat.contrastive else None)
    assert turn == Message("user", turn.content)
    return turn.content


def test_the_bare_layouts_are_these_and_nothing_else():
    assert asked("critic_direct_bare") == (
        "<math_problem>\nHow much is {x} + 2?\n</math_problem>\n\n"
        "<step_1>\none\n</step_1>\n\n<step_2>\ntwo\n</step_2>"
    )
    assert asked("critic_contrastive_bare") == (
        "<math_problem>\nHow much is {x} + 2?\n</math_problem>\n\n"
        "<reference_solution>\nright\n\nway\n</reference_solution>\n\n"
        "<step_1>\none\n</step_1>\n\n<step_2>\ntwo\n</step_2>"
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=3))
def test_a_critic_is_asked_as_the_embedded_one_is_trained(steps, reference):
    problem = PROBLEM.text
    assert asked("critic_direct_bare", steps) == critic_prompt(problem, steps)
    contrastive = asked("critic_contrastive_bare", steps, reference)
    assert contrastive == critic_prompt(problem, steps, reference)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_holds_problem_and_steps_as_they_are(prompt):
    steps = ("a {problem} step", "\\boxed{4}", "数学 🙂")
    content = asked(prompt, steps)
    assert PROBLEM.text in content
    assert numbered(steps) in content
    assert content.endswith("</step_3>")
    assert ("right\n\nway" in content) is ("contrastive" in prompt)


@pytest.mark.parametrize("prompt", ["critic_direct", "critic_contrastive"])
def test_the_example_in_a_prompt_is_read_by_the_parser_as_it_says(prompt):
    """The prompts promise a grammar in words; the parser has to find in their examples what they claim."""
    said = asked(prompt).split("second step is the first wrong one):")[1]
    wrong, rest = said.split("For a correct solution")
    right = rest.split("so:")[1].split("Here are the problem")[0]
    found = parse_critique(wrong, 4)
    assert (found.why, found.correct, found.first_error) == (None, False, 1)
    assert len(found.steps) == 2
    assert found.correction.startswith("Step 1 as the student wrote it.")
    assert found.answer == "answer"
    assert bool(found.analysis) is (prompt == "critic_contrastive")
    found = parse_critique(right, 4)
    assert (found.why, found.correct, found.first_error, found.answer) == (None, True, -1, "answer")


@pytest.mark.parametrize("prompt", ["critic_direct", "critic_contrastive"])
def test_the_stages_are_asked_for_in_the_order_of_the_paper(prompt):
    content = asked(prompt)
    stages = [CRITIQUE, CONCLUSION, CORRECTION]
    if prompt == "critic_contrastive":
        stages = [ANALYSIS, *stages]
        for part in ("key concepts", "critical steps", "pitfalls"):
            assert part in content.casefold()
    places = [content.index(stage) for stage in stages]
    assert places == sorted(places)
    assert "stop" in content


def test_the_direct_prompts_do_not_know_of_a_reference():
    for prompt in ("critic_direct", "critic_direct_bare"):
        assert "reference" not in asked(prompt).casefold()
        assert not CriticChat(prompt).contrastive


def test_only_the_layouts_alone_are_for_trained_models():
    assert [CriticChat(p).bare for p in PROMPTS] == [False, True, False, True]


def test_a_reference_that_the_prompt_does_not_show_or_lacks_is_refused():
    with pytest.raises(InputError, match="'reference' is not declared"):
        CriticChat().ask(PROBLEM, ("a",), reference=("b",))
    with pytest.raises(InputError, match="'reference' is missing"):
        CriticChat("critic_contrastive").ask(PROBLEM, ("a",))
    with pytest.raises(InputError, match=r"no prompt .critic. in"):
        CriticChat("critic").ask(PROBLEM, ("a",))
