"""Saved scores and critiques give the live run's numbers, whatever file they are in; bad entries are named."""

import asyncio
import json
from pathlib import Path

import pytest

from veriloop.bench.critic import VOTING, Critic
from veriloop.bench.processbench import run_processbench, score_processbench
from veriloop.bench.saved_scores import read_saved
from veriloop.bench.statistics import Bootstrap
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Unscored, Verdict
from veriloop.store.pieces import Table
from veriloop.store.processbench import SUBSETS, read_processbench
from veriloop.store.quarantine import Quarantine

SAMPLE = Path(__file__).parents[2] / "data" / "processbench_sample.json"
QUICK = Bootstrap(resamples=50)
ANSWERS = [
    r"\boxed{1}",
    r"\boxed{-1}",
    r"\boxed{-1}",
    "none",
    r"\boxed{1}",
    r"\boxed{0}",
    r"\boxed{1}",
    "x",
]


@pytest.fixture
def rows(tmp_path):
    """Twelve real rows, three of each subset."""
    raw = json.loads(SAMPLE.read_text(encoding="utf-8"))
    folder = tmp_path / "data"
    folder.mkdir()
    for subset in SUBSETS:
        mine = [row for row in raw if row["id"].startswith(f"{subset}-")]
        (folder / f"{subset}.json").write_text(json.dumps(mine), encoding="utf-8")
    return read_processbench(folder)


def scores_of(row):
    """Scores that fall with length, so that predictions differ from row to row."""
    return [1 / (1 + len(step) / 120) for step in row.solution.steps]


def verdicts_of(rows, name="prm"):
    return [
        Verdict(
            row.problem.id,
            row.solution.id,
            name,
            Form.SCORE,
            Granularity.STEP,
            min(scores_of(row)),
            step_scores=tuple(scores_of(row)),
        )
        for row in rows
    ]


def critic_run(rows, votes=8):
    critic = Critic(Scripted({}, default=ANSWERS), votes=votes, sampling=VOTING)
    return asyncio.run(run_processbench(rows, critic, bootstrap=QUICK))


def lines(path, entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def measured(result):
    """The result without who made it and what it cost."""
    return {k: v for k, v in result.to_json().items() if k not in ("verifier", "cost")}


@pytest.mark.parametrize("threshold", [None, 0.3, "gsm8k"])
def test_step_scores_as_records_and_as_jsonl_give_the_live_numbers(rows, tmp_path, threshold):
    verdicts = verdicts_of(rows)
    live = score_processbench(rows, verdicts, threshold=threshold, bootstrap=QUICK)
    Table(tmp_path / "run" / "process-x" / "verdicts", Verdict).write_piece(0, verdicts)
    made = lines(
        tmp_path / "scores.jsonl",
        [{"id": row.problem.uid, "step_scores": scores_of(row)} for row in rows],
    )
    for source in (tmp_path / "run", tmp_path / "run" / "process-x", made):
        saved = read_saved(source, rows)
        assert not saved.critic
        again = score_processbench(rows, saved.verdicts, threshold=threshold, bootstrap=QUICK)
        assert measured(again) == measured(live)


@pytest.mark.parametrize("votes", [0, 4])
def test_critiques_are_read_and_voted_on_again(rows, tmp_path, votes):
    eight = critic_run(rows)
    live = critic_run(rows, votes or 8)
    Table(tmp_path / "run" / "verdicts", Verdict).write_piece(0, eight.verdicts)
    ours = lines(
        tmp_path / "ours.jsonl", [{"id": row.problem.uid, "critiques": ANSWERS} for row in rows]
    )
    official = tmp_path / "Model_voting"
    official.mkdir()
    for subset in SUBSETS:
        entries = [
            {
                "id": row.problem.uid,
                "problem": row.problem.text,
                "label": row.label,
                "final_answer_correct": row.final_answer_correct,
                "generated_critique": ANSWERS,
                "prediction": 99,
                "match": False,
            }
            for row in rows
            if row.subset == subset
        ]
        lines(official / f"{subset}_error.jsonl", [e for e in entries if e["label"] != -1])
        lines(official / f"{subset}_correct.jsonl", [e for e in entries if e["label"] == -1])
    for source in (tmp_path / "run", ours, official):
        saved = read_saved(source, rows, votes=votes)
        assert saved.critic
        again = score_processbench(rows, saved.verdicts, bootstrap=QUICK)
        assert measured(again) == measured(live)
    assert read_saved(official, rows).name == "Model_voting"


def test_the_result_of_an_earlier_run_is_enough_for_its_own_numbers(rows, tmp_path):
    live = critic_run(rows)
    (tmp_path / "result.json").write_text(json.dumps(live.to_json()))
    saved = read_saved(tmp_path / "result.json", rows)
    again = score_processbench(rows, saved.verdicts, bootstrap=QUICK)
    assert again.scores == live.scores
    assert again.unscored == live.unscored
    with pytest.raises(InputError, match="none are saved here"):
        read_saved(tmp_path / "result.json", rows, votes=4)


def test_a_run_says_by_which_rule_it_was_scored_and_which_table_is_its_own(rows, tmp_path):
    for name in ("process-a", "process-b"):
        Table(tmp_path / name / "verdicts", Verdict).write_piece(0, verdicts_of(rows, name))
    with pytest.raises(InputError, match="verdicts of 2 runs"):
        read_saved(tmp_path, rows)
    told = {"predictions": [], "records": "process-b/verdicts", "rule": "gsm8k"}
    (tmp_path / "result.json").write_text(json.dumps(told))
    saved = read_saved(tmp_path, rows)
    assert (saved.name, saved.rule) == ("process-b", "gsm8k")
    assert read_saved(tmp_path / "result.json", rows) == saved


def test_bare_predictions_and_what_has_none(rows, tmp_path):
    entries: list = [{"id": row.problem.uid, "prediction": row.label} for row in rows]
    entries[0]["prediction"] = None
    entries[1]["prediction"] = 400
    saved = read_saved(lines(tmp_path / "p.jsonl", entries), rows)
    assert [v.unscored for v in saved.verdicts[:3]] == [Unscored.UNPARSED, Unscored.UNPARSED, None]
    result = score_processbench(rows, saved.verdicts, bootstrap=QUICK)
    assert result.unscored == {"unparsed": 2}
    assert sum(c.hit for c in result.cases) == 10


def test_scores_that_end_early_need_a_first_error(rows, tmp_path):
    entries = [{"id": rows[0].problem.uid, "step_scores": [0.9, 0.2]}]
    entries.append({"id": rows[1].problem.uid, "step_scores": [0.9, 0.8]})
    entries.append({"id": rows[2].problem.uid, "step_scores": None, "unscored": "separator"})
    found = read_saved(lines(tmp_path / "s.jsonl", entries), rows[:3]).verdicts
    assert [v.first_error for v in found] == [1, None, None]
    assert [v.unscored for v in found] == [None, Unscored.TRUNCATED, Unscored.SEPARATOR]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"id": 3}, "id", "expected the row's id"),
        ({"step_scores": "0.5"}, "step_scores", "a list of finite numbers"),
        ({"step_scores": [0.5, True]}, "step_scores", "a list of finite numbers"),
        ({"step_scores": [0.5] * 400}, "step_scores", "400 scores of"),
        ({"critiques": [1]}, "critiques", "a text or a list of texts"),
        ({"critiques": ["a"], "finish": ["gone"]}, "finish", "stop, length or given"),
        ({"first_error": "2"}, "first_error", "an integer or null"),
        ({"subset": "other"}, "subset", "not 'other'"),
        ({}, "step_scores", "says nothing"),
    ],
)
def test_a_bad_entry_is_named_and_set_aside(rows, tmp_path, change, field, message):
    good = {"id": rows[1].problem.uid, "first_error": 0}
    path = lines(tmp_path / "s.jsonl", [good, {"id": rows[0].problem.uid} | change])
    quarantine = Quarantine("s")
    saved = read_saved(path, rows, quarantine=quarantine)
    assert [v.solution for v in saved.verdicts] == [rows[1].solution.id]
    assert [(b.file, b.row, b.field) for b in quarantine.rows] == [(str(path), 2, field)]
    with pytest.raises(InputError, match=message):
        read_saved(path, rows)


def test_lines_that_are_no_objects_and_second_entries_are_bad(rows, tmp_path):
    good = json.dumps({"id": rows[0].problem.uid, "first_error": 0})
    path = tmp_path / "s.jsonl"
    path.write_text(f"{good}\nnot json\n[1]\n\n{good}\n" + good.replace("0}", "NaN}") + "\n")
    quarantine = Quarantine("s")
    assert len(read_saved(path, rows, quarantine=quarantine).verdicts) == 1
    assert [b.row for b in quarantine.rows] == [2, 3, 5, 6]
    assert "a second entry" in quarantine.rows[2].reason


def test_entries_of_other_rows_are_counted_and_nothing_at_all_is_an_error(rows, tmp_path):
    entries = [{"id": row.problem.uid, "first_error": 0} for row in rows]
    path = lines(tmp_path / "s.jsonl", entries)
    assert read_saved(path, rows[:4]).others == 8
    Table(tmp_path / "v", Verdict).write_piece(0, verdicts_of(rows))
    assert read_saved(tmp_path / "v", rows[:4]).others == 8
    stranger = lines(tmp_path / "t.jsonl", [{"id": "else", "first_error": 0}])
    with pytest.raises(InputError, match="none of 1 entries is of the 12 rows"):
        read_saved(stranger, rows)
    with pytest.raises(InputError, match="no such file"):
        read_saved(tmp_path / "absent", rows)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected verdict records"):
        read_saved(tmp_path / "empty", rows)
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(InputError, match=r"expected the result\.json"):
        read_saved(tmp_path / "result.json", rows)


def test_two_verifiers_in_one_folder_are_refused(rows, tmp_path):
    both = verdicts_of(rows[:6]) + verdicts_of(rows[6:], "other")
    Table(tmp_path / "v", Verdict).write_piece(0, both)
    with pytest.raises(InputError, match="2 verifiers"):
        read_saved(tmp_path / "v", rows)
