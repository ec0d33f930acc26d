"""The study over seeds and model sizes: runs' measures put together, and the recipe's tables made of them in Markdown.

``results.json`` holds every number for each run; tables and claims follow from it alone, so that none is typed by hand.
Intervals are over seeds (Student's t), which is the noise of the whole loop; those within a run are on its page.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from veriloop.bench.critique_published import published_critics
from veriloop.recipes.scrit.settings import BASE

# Half-width of a 95 % interval of a mean, in standard errors, by the number of runs (Student's t).
STUDENT: Final = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36}
Read = Callable[[Mapping[str, Any]], "float | None"]


def _value(estimate: Mapping[str, Any] | None) -> float | None:
    return None if estimate is None else float(estimate["value"])


def _pooled(part: str) -> Read:
    def read(critic: Mapping[str, Any]) -> float | None:
        told = critic["first_errors"]
        return None if told is None else _value(told["pooled"][part])

    return read


def _near(critic: Mapping[str, Any]) -> float | None:
    told = critic["error_identification"]
    return _value(told["scores"]["pooled"]["f1"]) if told and told["scores"] else None


def _scenario(name: str) -> Read:
    return lambda critic: _value(critic["critique"]["scenarios"][name]["mean"])


def _matrix(part: str) -> Read:
    return lambda critic: _value(critic["critique"]["scenarios"]["balanced"]["matrix"][part])


COLUMNS: Final[Mapping[str, Read]] = {
    "wrong": _pooled("acc_error"),
    "right": _pooled("acc_correct"),
    "F1": _pooled("f1"),
    "EI-F1": _near,
    "verdict": lambda critic: _value(critic["verdict_accuracy"]),
    "no verdict": lambda critic: _value(critic["no_verdict"]),
    "CC-Acc": lambda critic: _value(critic["critique"]["cc_acc"]),
    "incorrect": _scenario("incorrect"),
    "balanced": _scenario("balanced"),
    "own": _scenario("own"),
    "repaired": _matrix("repair"),
    "damage": _matrix("damage"),
}
LESSONS: Final = ("learnt", "kept", "written")


def summary(runs: Mapping[str, Mapping[int, Mapping[str, Any]]], command: str) -> dict[str, Any]:
    """``runs[size][seed]`` are the measures of a run of the critic called ``size``; what ``results.json`` holds."""
    return {
        "command": command,
        "seeds": {size: sorted(by_seed) for size, by_seed in runs.items()},
        "critics": {size: _critics(_in_order(by_seed)) for size, by_seed in runs.items()},
        "lessons": {size: _lessons(_in_order(by_seed)) for size, by_seed in runs.items()},
        "truths": {
            size: [m["truths"] for m in _in_order(by_seed)] for size, by_seed in runs.items()
        },
        "lines": {size: _in_order(by_seed)[0]["lines"] for size, by_seed in runs.items()},
        "not_in_all": {size: _not_in_all(by_seed.values()) for size, by_seed in runs.items()},
        "keep_rates": {
            size: [
                {source: told["all"] for source, told in m["keep_rates"].items()}
                for m in _in_order(by_seed)
            ]
            for size, by_seed in runs.items()
        },
    }


def _in_order(by_seed: Mapping[int, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [by_seed[seed] for seed in sorted(by_seed)]


def _critics(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[float | None]]]:
    names = [name for name in runs[0]["critics"] if all(name in m["critics"] for m in runs)]
    return {
        name: {
            column: [_rounded(read(m["critics"][name])) for m in runs]
            for column, read in COLUMNS.items()
        }
        for name in names
    }


def _lessons(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[float | None]]]:
    names = [name for name in runs[0]["lessons"] if all(name in m["lessons"] for m in runs)]
    return {
        name: {
            **{part: [m["lessons"][name][part] for m in runs] for part in LESSONS},
            "exact": [_rounded(_value(m["lessons"][name]["first_error_exact"])) for m in runs],
        }
        for name in names
    }


def _not_in_all(runs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Critics of some runs only: the gates left others nothing to learn."""
    found = [set(m["critics"]) for m in runs]
    return sorted(set.union(*found) - set.intersection(*found))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def half_width(values: Sequence[float]) -> float | None:
    """Of the 95 % interval of the mean over runs; None for a single run, which has none."""
    if len(values) < 2:
        return None
    spread = statistics.stdev(values) / len(values) ** 0.5
    return STUDENT.get(len(values), 2.3) * spread


def shown(values: Sequence[float | None], digits: int = 1) -> str:
    """The mean over runs and the half-width of its interval; a dash where a run has no number."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return "–"
    half = half_width(known)
    mean = f"{statistics.mean(known):.{digits}f}"
    return mean if half is None else f"{mean} ± {half:.{digits}f}"


def claims(results: Mapping[str, Any], size: str) -> list[dict[str, Any]]:
    """The paper's findings, its numbers, and the margins of each run here: above 0 where it shows. Ways are compared
    at the largest size at which both learnt equally many critiques.
    """
    critics, lines, lessons = (results[part][size] for part in ("critics", "lines", "lessons"))
    line: Sequence[str] = lines.get("contrastive", [BASE])
    largest = line[1] if len(line) > 1 else ""
    direct, inject = (_equal_sizes(lessons, way) for way in ("direct", "inject"))
    cap = largest.rpartition("-")[2]
    asked = [
        ("the critic improves in one round, F1", "EI-F1 37.8 to 45.0", largest, BASE, "F1"),
        ("the critic improves in one round, CC-Acc", "53.0 to 58.3", largest, BASE, "CC-Acc"),
        ("the last round is above the first, F1", "EI-F1 45.1 to 47.5", line[-1], largest, "F1"),
        ("the last round is above the first, CC-Acc", "58.3 to 59.1", line[-1], largest, "CC-Acc"),
    ]  # fmt: skip
    asked += [
        (f"contrastive above {title}, {n} critiques each, {column}", paper, f"contrastive-{n}", f"{way}-{n}", column)
        for way, title, n, papers in (
            ("direct", "direct critic", direct, ("EI-F1 45.0 to 38.7", "58.3 to 55.1")),
            ("inject", "bug injection", inject, ("no number", "58.3 to 49.0")),
        )
        for column, paper in zip(("F1", "CC-Acc"), papers, strict=True)
    ]  # fmt: skip
    asked += [
        ("bug injection falls below the base, CC-Acc", "49.0 to 53.0", BASE, f"inject-{cap}", "CC-Acc"),
        ("the gates help at equal n, F1", "EI-F1 40.2 to 37.2", largest, "contrastive-ungated", "F1"),
        ("the gates help at equal n, CC-Acc", "56.8 to 56.0", largest, "contrastive-ungated", "CC-Acc"),
    ]  # fmt: skip
    found: list[dict[str, Any]] = []
    for claim, paper, better, worse, column in asked:
        if better == worse or better not in critics or worse not in critics:
            continue
        pairs = zip(critics[better][column], critics[worse][column], strict=True)
        margins = [a - b for a, b in pairs if a is not None and b is not None]
        if margins:
            found.append({"claim": claim, "paper": paper, "margins": margins})
    return found


def _equal_sizes(lessons: Mapping[str, Any], way: str) -> int:
    """The largest size at which ``way`` learnt as many critiques as the contrastive critic did, to one in twenty in
    every run; 0 where there is none.
    """
    sizes = {name.removeprefix("contrastive-") for name in lessons}
    equal = [0]
    for size in sizes:
        ours, theirs = (lessons.get(f"{one}-{size}") for one in ("contrastive", way))
        if size.isdigit() and ours and theirs:
            pairs = zip(ours["learnt"], theirs["learnt"], strict=True)
            equal += [int(size)] * all(abs(a - b) <= 0.05 * a for a, b in pairs)
    return max(equal)


def markdown(results: Mapping[str, Any]) -> str:
    """The recipe's tables: critics, lessons and claims of each model size, and the paper's critics."""
    parts: list[str] = []
    for size, critics in results["critics"].items():
        seeds = ", ".join(map(str, results["seeds"][size]))
        parts.append(
            f"### {size} (seeds {seeds})\n\n{_critics_table(critics, results['lessons'][size])}"
        )
        if missing := results["not_in_all"][size]:
            parts.append(f"Not trained in every run, and left out: {', '.join(missing)}.")
        parts.append(_claims_table(claims(results, size)))
    parts.append(f"### The paper's critics\n\n{_paper_table()}")
    return "\n\n".join(parts) + "\n"


def _critics_table(critics: Mapping[str, Any], lessons: Mapping[str, Any]) -> str:
    head = ["critic", "learnt", "exact lessons", *COLUMNS]
    rows = [head, ["---"] * len(head)]
    for name, told in critics.items():
        lesson = lessons.get(name)
        learnt = shown(lesson["learnt"], 0) if lesson else "–"
        exact = shown(lesson["exact"]) if lesson else "–"
        rows.append([name, learnt, exact, *(shown(told[column]) for column in COLUMNS)])
    return _table(rows)


def _claims_table(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [["claim", "paper", "margin here", "each run", "shows here"], ["---"] * 5]
    for told in found:
        margins = told["margins"]
        each = ", ".join(f"{value:+.1f}" for value in margins)
        rows.append([told["claim"], told["paper"], _signed(margins), each, _shows(margins)])
    return _table(rows)


def _signed(margins: Sequence[float]) -> str:
    half = half_width(margins)
    mean = f"{statistics.mean(margins):+.1f}"
    return mean if half is None else f"{mean} ± {half:.1f}"


def _shows(margins: Sequence[float]) -> str:
    """Yes or no where the interval over runs leaves 0 out, else in how many runs it is."""
    half, mean = half_width(margins), statistics.mean(margins)
    if half is not None and mean - half > 0:
        return "yes"
    if half is not None and mean + half < 0:
        return "**no**"
    return f"open: {sum(value > 0 for value in margins)} of {len(margins)} runs"


def _paper_table() -> str:
    head = ["critic", "incorrect", "balanced", "own", "CC-Acc", "EI-F1"]
    rows = [head, ["---"] * len(head)]
    for told in published_critics().systems:
        means = [f"{told.means[name]:.1f}" for name in ("incorrect", "balanced", "own")]
        rows.append([told.system, *means, f"{told.cc_acc:.1f}", f"{told.ei_f1:.1f}"])
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
