"""What a model is asked: a short instruction and the problem in HTML, once for C++ and once for Python.

Form as in the official client (a user message; title in h1, sections in h2, bodies in div), words our own. Sampling is
the official temperature 0.7, top p 0.8, top k 20. Not taken over: its repetition penalty of 1.1, which few engines
have; its 4,096 tokens, too few for models that think; and its stop strings ("---", two blank lines), which cut answers
in the middle of their code.
"""

from __future__ import annotations

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.protocols import Sampling
from veriloop.records import Problem
from veriloop.text.prompts import load_prompt

LANGUAGES = ("cpp", "python")
SAMPLES = 8
SAMPLING = Sampling(max_tokens=16384, temperature=0.7, top_p=0.8, top_k=20)


def statement(problem: CodeEloProblem) -> str:
    """The problem as HTML. Bodies stay in their Markdown, and empty sections are left out."""
    p = problem
    sections = [
        ("Time limit", _amount(p.time_limit_ms, 1000, "second")),
        ("Memory limit", _amount(p.memory_limit_mb, 1, "megabyte")),
        ("Description", p.description),
        ("Input", p.input),
        ("Output", p.output),
        ("Interaction", p.interaction),
        ("Examples", p.examples),
        ("Note", p.note),
    ]
    shown = "\n".join(
        f"<h2>{name}</h2>\n<div>{body.strip()}</div>" for name, body in sections if body.strip()
    )
    return f"<html><body>\n<h1>{p.title or p.id}</h1>\n{shown}\n</body></html>"


def asked(problem: CodeEloProblem, language: str) -> Problem:
    """The record that is searched: the prompt for ``language`` (cpp, python), the problem's id as ``uid``."""
    prompt = load_prompt(__package__ or "", language)
    return Problem(
        task="codeelo",
        prompt=prompt.fill(problem=statement(problem)),
        subset=problem.div,
        uid=problem.id,
    )


def _amount(value: int | None, unit: int, name: str) -> str:
    if value is None:
        return ""
    amount = value / unit
    return f"{amount:g} {name}{'' if amount == 1 else 's'}"
