"""Calibrated rules as JSON files: fitted once on gold, used for as long as the verifiers stay what they were.

A file holds the rule's name and its fields and nothing that runs.
"""

from __future__ import annotations

import json
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.store.atomic import write_whole
from veriloop.verify.ballots import Rule
from veriloop.verify.combine import RULES


def rule_json(rule: Rule) -> dict[str, Json]:
    """The rule as JSON. Raises InputError for a kind that is not in ``RULES``."""
    kind = type(rule)
    known = {target: name for name, target in RULES.items()}
    name = known.get(f"{kind.__module__}:{kind.__name__}")
    if name is None:
        raise InputError(f"{kind.__name__} is no rule of {', '.join(RULES)}")
    given: Any = rule
    held = {field.name: getattr(given, field.name) for field in fields(given)}
    return {
        "rule": name,
        **{key: list(value) if isinstance(value, tuple) else value for key, value in held.items()},
    }


def rule_of_json(data: Any, *, file: str = "") -> Rule:
    """The rule that ``rule_json`` wrote. Raises InputError with the field on anything else."""
    if not isinstance(data, dict) or data.get("rule") not in RULES:
        said = data.get("rule") if isinstance(data, dict) else data
        raise InputError(
            f"names no rule of {', '.join(RULES)}: {said!r}", file=file or None, field="rule"
        )
    module, _, kind_name = RULES[data["rule"]].partition(":")
    kind = getattr(import_module(module), kind_name)
    names = {field.name for field in fields(kind)}
    strange = [key for key in data if key != "rule" and key not in names]
    if strange:
        raise InputError(f"{kind_name} has no such field", file=file or None, field=strange[0])
    given = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.items()
        if key != "rule"
    }
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise InputError(f"is no {kind_name}: {error}", file=file or None) from error


def save_rule(rule: Rule, path: Path) -> None:
    """Write the rule, whole or not at all."""
    text = json.dumps(rule_json(rule), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def load_rule(path: Path) -> Rule:
    """Read a rule. Raises InputError where the file cannot be used."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from None
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", file=str(path)) from None
    return rule_of_json(data, file=str(path))
