"""The official cut of programs. Expected texts were made by running the official function, OpenCompass @ a5acc4bb."""

import warnings

import pytest

from veriloop.bench.pmmeval.official_programs import official_body

HEAD = "def add(a: int, b: int) -> int"
WHOLE = f"{HEAD}:\n    return a + b\n"
SCRIPT = "function add(a, b) {\n  return a + b;\n}\n"


@pytest.mark.parametrize(
    ("answer", "language", "declaration", "body"),
    [
        (f"Sure:\n```python\n{WHOLE}```", "python", HEAD, "    return a + b\n"),
        ("return a + b", "python", HEAD, "    return a + b"),
        ("    x = a\n    return x + b\nprint(add(1, 2))", "python", HEAD, "    x = a\n    return x + b"),
        ("'    return a'", "python", HEAD, "    return a"),
        ("import math\ndef add(a: int, b: int) -> int:\n    return a", "python", HEAD, "    import math"),
        ("return a + b;\n}\n}", "java", "class Add {\n", "return a + b;\n}\n}"),
        ("x\n  public static void main(String[] a) {\n  }\n}", "java", "class Add {\n", "x\n  }\n}"),
        (f"```js\n{SCRIPT}```", "javascript", "", SCRIPT),
    ],
)  # fmt: skip
def test_what_stands_behind_the_prompt(answer, language, declaration, body):
    assert official_body(answer, language, declaration) == body


def test_what_python_warns_of_is_a_text_as_others():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert official_body("'\\d'", "java", "") == "\\d"
        assert official_body("1if x else 2", "java", "") == "1if x else 2"
    assert not said
