"""The official cut of programs. Expected texts were made by running the official function, OpenCompass @ a5acc4bb."""

import pytest

from veriloop.bench.pmmeval.official_programs import official_body

HEAD = "def add(a: int, b: int) -> int"


@pytest.mark.parametrize(
    ("answer", "language", "declaration", "body"),
    [
        ("Sure:\n```python\ndef add(a: int, b: int) -> int:\n    return a + b\n```", "python", HEAD, "    return a + b\n"),
        ("return a + b", "python", HEAD, "    return a + b"),
        ("    x = a\n    return x + b\nprint(add(1, 2))", "python", HEAD, "    x = a\n    return x + b"),
        ("'    return a'", "python", HEAD, "    return a"),
        ("import math\ndef add(a: int, b: int) -> int:\n    return a", "python", HEAD, "    import math"),
        ("return a + b;\n}\n}", "java", "class Add {\n", "return a + b;\n}\n}"),
        ("x\n  public static void main(String[] a) {\n  }\n}", "java", "class Add {\n", "x\n  }\n}"),
        ("```js\nfunction add(a, b) {\n  return a + b;\n}\n```", "javascript", "", "function add(a, b) {\n  return a + b;\n}\n"),
    ],
)  # fmt: skip
def test_what_stands_behind_the_prompt(answer, language, declaration, body):
    assert official_body(answer, language, declaration) == body
