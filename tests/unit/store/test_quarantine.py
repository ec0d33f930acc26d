"""What is set aside can be found again, whole."""

import json

from veriloop.errors import InputError
from veriloop.store.quarantine import Quarantine


def test_rows_are_kept_with_file_row_field_reason_and_themselves(tmp_path):
    quarantine = Quarantine("set.jsonl")
    quarantine.add(InputError("no answer", file="in/set.jsonl", row=3, field="answer"), {"a": "é"})
    quarantine.add(InputError("not JSON"), "{oops \ud800")
    quarantine.add(InputError("odd", row=9), {"when": object})
    path = quarantine.save(tmp_path / "run")
    assert path == tmp_path / "run" / "set.jsonl.quarantine.jsonl"
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {
            "file": "in/set.jsonl",
            "row": 3,
            "field": "answer",
            "reason": "no answer",
            "raw": {"a": "é"},
        },
        {"file": "set.jsonl", "row": 0, "field": None, "reason": "not JSON", "raw": "{oops \ud800"},
        {
            "file": "set.jsonl",
            "row": 9,
            "field": None,
            "reason": "odd",
            "raw": {"when": "<class 'object'>"},
        },
    ]
    assert len(quarantine) == 3
    assert quarantine.summary() == (
        "set aside 3 rows: in/set.jsonl, row 3, field 'answer': no answer and 2 more"
    )


def test_without_bad_rows_there_is_no_file_not_even_an_old_one(tmp_path):
    (tmp_path / "set.jsonl.quarantine.jsonl").write_text("of an earlier try")
    quarantine = Quarantine("set.jsonl")
    assert quarantine.save(tmp_path) is None
    assert quarantine.summary() == ""
    assert list(tmp_path.iterdir()) == []


def test_with_a_folder_any_number_of_rows_is_kept_in_order(tmp_path):
    for _ in range(2):  # the second time over what the first left
        quarantine = Quarantine("set.jsonl", folder=tmp_path / "run")
        for i in range(1, 1501):
            quarantine.add(InputError("odd", row=i), {"a": i})
        assert (len(quarantine), len(quarantine.rows)) == (1500, 1000)
        assert quarantine.summary() == "set aside 1,500 rows: set.jsonl, row 1: odd and 1,499 more"
    path = quarantine.save(tmp_path / "run")
    assert [json.loads(line)["row"] for line in path.read_text().splitlines()] == list(
        range(1, 1501)
    )
    assert list((tmp_path / "run").iterdir()) == [path]
