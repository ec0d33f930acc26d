"""The chat around a problem: Qwen2.5-Math's system prompt, and problems that are chats already."""

from veriloop.records import Message, Problem
from veriloop.text.chats import QWEN_MATH_SYSTEM, Chat

PROBLEM = Problem("t", "2 + 2 = ?")


def test_the_problem_is_the_user_turn_after_the_system_if_there_is_one():
    assert Chat().render(PROBLEM) == (Message("user", "2 + 2 = ?"),)
    assert Chat(QWEN_MATH_SYSTEM, suffix=" Think.").render(PROBLEM) == (
        Message(
            "system", "Please reason step by step, and put your final answer within \\boxed{}."
        ),
        Message("user", "2 + 2 = ? Think."),
    )
    assert Chat("").render(PROBLEM)[0] == Message("system", "")


def test_a_problem_that_is_a_chat_keeps_its_own_turns():
    turns = (Message("system", "Be brief."), Message("user", "2 + 2 = ?"))
    assert Chat(QWEN_MATH_SYSTEM, suffix="!").render(Problem("t", turns)) == turns
