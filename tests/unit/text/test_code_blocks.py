"""Program extraction: one test for each hole of CodeElo's official rule, and what Markdown allows."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.code_blocks import (
    LABELS,
    NoCode,
    Program,
    code_blocks,
    find_program,
    language_of,
)

MAIN = "#include <iostream>\nint main() { return 0; }"
PYTHON = "n = int(input())\n\n\nprint(n)"
OFFICIAL = re.compile(r"```(\w*)\n(.*?)\n```", re.DOTALL)  # the shape that upstream looks for


def program(text: str, language: str = "cpp", **options) -> Program:
    found = find_program(text, language, **options)
    assert isinstance(found, Program), found
    return found


def fenced(code: str, label: str = "cpp") -> str:
    return f"```{label}\n{code}\n```"


@pytest.mark.parametrize("label", ["c++", "C++", "CPP", "cc", "cxx", "cpp", "C++17", "gnu++20", "cpp20", "{.cpp}",
                                   "cpp:main.cpp", 'cpp title="a"', "language-cpp", "C++ "])  # fmt: skip
def test_every_spelling_of_cpp(label):
    assert program(fenced(MAIN, label), "python").language == "cpp"
    if not re.fullmatch(r"\w*", label):
        assert not OFFICIAL.search(fenced(MAIN, label))  # the hole


@pytest.mark.parametrize("label", ["py", "Python", "python3", "PYTHON3.11", "python 3"])
def test_every_spelling_of_python(label):
    assert program(fenced(PYTHON, label)).language == "python"


def test_labels_of_other_languages():
    told = [language_of(x) for x in ("js", "rs", "golang", "kt", "C#", "Java", "text", "bash", "")]
    assert told == ["javascript", "rust", "go", "kotlin", "csharp", "java", None, None, ""]


def test_the_program_stands_last_and_not_first():
    draft = MAIN.replace("0", "1")
    text = f"First a slow one:\n{fenced(draft)}\nNow the fast one:\n{fenced(MAIN)}"
    assert OFFICIAL.search(text)[2] == draft  # the hole
    assert program(text).code == MAIN


def test_examples_and_fragments_behind_the_program_are_not_it():
    rest = f"Output:\n{fenced('3', '')}\nor\n{fenced('long long x;')}\nRun:\n{fenced('g++ a.cpp', 'bash')}"
    found = program(f"{fenced(MAIN)}\n{rest}")
    assert (found.code, found.blocks) == (MAIN, 4)


def test_the_language_asked_for_goes_before_a_translation_of_it():
    text = f"{fenced(MAIN)}\nThe same in Python:\n{fenced(PYTHON, 'python')}"
    assert program(text, "cpp").code == MAIN
    assert program(text, "python").code == PYTHON
    assert program(text, "rust").language == "python"  # neither: the last whole program


def test_a_closing_fence_behind_code():
    text = "```cpp\n#include <cstdio>\nint main() {}```\nDone."
    assert not OFFICIAL.search(text)  # the hole
    assert program(text).code == "#include <cstdio>\nint main() {}"


def test_an_opening_fence_behind_words():
    said = program(f"Here is the code: ```cpp\n{MAIN}\n```\nIt runs.")
    assert (said.code, said.closed, said.blocks) == (MAIN, True, 1)
    assert program(f"Use ```cpp``` or ```x.\n{fenced(MAIN)}").code == MAIN


def test_thoughts_are_stripped_first():
    text = f"<think>\nMaybe {fenced(MAIN)}\n</think>\n{fenced(PYTHON, 'python')}"
    assert program(text, "cpp").code == PYTHON
    assert program(text.replace("<think>\n", ""), "cpp").code == PYTHON  # the template opened them
    assert find_program(f"<think>\nMaybe {fenced(MAIN)}", "cpp") is NoCode.THINKING
    assert find_program(f"<think>{fenced(MAIN)}</think>\nI give up.", "cpp") is NoCode.NO_BLOCK


@pytest.mark.parametrize("text", ["```cpp\n```", "```\n\n \n```", "```cpp\n   \n", "```cpp"])
def test_empty_code(text):
    assert find_program(text, "cpp") is NoCode.EMPTY


@pytest.mark.parametrize(
    "text", ["", "I cannot.", MAIN, "use `main()` or ```int main() {}``` inline"]
)
def test_no_block(text):
    assert find_program(text, "cpp") is NoCode.NO_BLOCK


def test_no_block_of_a_program():
    assert (
        find_program(f"{fenced('1 2', 'text')}\n{fenced('{}', 'json')}", "cpp") is NoCode.NO_PROGRAM
    )


def test_an_empty_label_is_the_language_asked_for_unless_it_looks_like_another():
    assert program(fenced("x = 1", ""), "cpp").language == "cpp"
    assert program(fenced("x = 1", ""), "python").language == "python"
    assert program(fenced(PYTHON, ""), "cpp").language == "python"
    assert program(fenced(MAIN, ""), "python").language == "cpp"


def test_indented_fences_give_back_the_code_without_the_indentation():
    code = "for i in range(3):\n    if i:\n\n        print(i)"
    inner = "\n".join(
        f"   {line}" if line else "" for line in ["```python", *code.split("\n"), "```"]
    )
    assert program(f"1. So:\n\n{inner}\n", "python").code == code
    listed = "- ```python\n" + "\n".join(f"  {line}" for line in code.split("\n")) + "\n  ```"
    assert program(listed, "python").code == code
    tabbed = "\t```python\n\tfor i in x:\n\t\tprint(i)\n\t```"
    assert program(tabbed, "python").code == "for i in x:\n\tprint(i)"


def test_tilde_fences_and_longer_fences():
    code = 'text = """\n```\n"""\nprint(text)'
    assert program(f"~~~py\n{code}\n~~~", "python").code == code
    assert program(f"````py\n{code}\n````", "python").code == code
    assert program("~~~~cpp\nint main() { return ~~~1; }\n~~~~").closed


def test_the_last_fence_of_a_sample_that_was_cut():
    found = program("So:\n```cpp\n#include <cstdio>\nint main() {\n  int n")
    assert (found.code, found.closed) == ("#include <cstdio>\nint main() {\n  int n", False)
    whole = program(f"{fenced(MAIN)}\nFaster:\n```cpp\n#include <cstdio>\nint main() {{")
    assert (whole.code, whole.closed) == (MAIN, True)  # a finished program goes before a cut one


def test_a_fence_that_was_never_closed_before_the_next():
    text = f"```cpp\nint f();\n```cpp\n{MAIN}\n```"
    assert [b.code for b in code_blocks(text)] == ["int f();", MAIN]
    assert program(text).code == MAIN


def test_a_function_is_found_by_its_name():
    made, tried = "def add(a, b):\n    return a + b", "print(add(1, 2))"
    text = f"{fenced(made, 'python')}\nTest:\n{fenced(tried, 'python')}"
    assert "def add" in program(text, "python", defines="add").code
    assert program(text, "python").code == "print(add(1, 2))"


@pytest.mark.parametrize("made", ["function add(a, b) {}", "const add = (a, b) => a + b;"])
def test_a_javascript_function_is_found_by_its_name(made):
    text = f"{fenced(made, 'js')}\n{fenced('console.log(add(1, 2))', 'js')}"
    assert program(text, "javascript", defines="add").code == made


def test_windows_line_ends():
    assert program(fenced(MAIN).replace("\n", "\r\n")).code == MAIN


def test_blank_lines_and_white_space_inside_code_are_kept():
    code = "a\n\n\n    b   \n\tc\n"
    assert code_blocks(fenced(code, "python"))[0].code == code


@given(
    st.text(alphabet="ab(){};#\n \t'\"", max_size=60),
    st.sampled_from(sorted(LABELS)),
    st.text("xyz \n", max_size=20),
)
def test_what_is_fenced_comes_back(code, label, around):
    (block,) = code_blocks(f"{around}\n{fenced(code, label)}\n{around}")
    assert (block.code, block.language, block.closed) == (code, LABELS[label], True)


@given(st.text(alphabet="`~ \nabc#<>/think-1.", max_size=80))
def test_any_text_gives_a_program_or_a_reason(text):
    found = find_program(text, "cpp")
    assert isinstance(found, NoCode) or found.code.strip()


def test_what_a_tool_showed_is_nobodys_program():
    shown = '<observation tool="lookup">\n```python\nprint(42)\n```\n</observation>'
    assert find_program(shown, "python") is NoCode.NO_BLOCK
    found = find_program(f"```python\nprint(1)\n```\n{shown}", "python")
    assert isinstance(found, Program)
    assert found.code.strip() == "print(1)"
