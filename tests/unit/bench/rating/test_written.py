import json

import numpy as np
import pytest

from veriloop.bench.rating.aggregate import RatingRule, rate_models
from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.bench.rating.written import rated_json, read_rated
from veriloop.errors import InputError


@pytest.fixture
def rated(made_contest):
    contests = [
        made_contest(np.arange(1000, 1300), number=n, worth=[500], division="Div. 2")
        for n in (1, 2)
    ]
    rows = [ProblemVerdicts("m", f"{n}A", ("WA", "AC", "JE"), "cpp") for n in (1, 2)]
    return rate_models(rows, contests, RatingRule(orders=10))


def test_what_is_written_names_its_rule_and_is_read_back(rated, tmp_path):
    told = rated_json(rated)
    path = tmp_path / "ratings.json"
    path.write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
    assert told["rule"] == {
        "score": "official",
        "says": rated.rule.scoring.says,
        "bounds": "codeelo",
        "place": 0,
        "ratings": "displayed",
        "orders": 10,
        "resamples": 1000,
        "level": 0.95,
        "seed": 0,
    }
    (model,) = read_rated(path)
    (mine,) = rated.models
    assert (model.label, model.rating, model.percentile) == (
        "cpp · m",
        mine.rating,
        mine.percentile,
    )
    assert model.interval == pytest.approx(mine.over_both)
    assert model.contests == 2
    assert model.divisions == {"Div. 2": mine.divisions["Div. 2"].value}
    assert model.pass_at == {1: 0, 2: 100}
    written = json.loads(path.read_text())["models"][0]
    assert written["lost_attempts"] == 2
    assert [c["contest"] for c in written["contests"]] == [1, 2]


def test_files_that_are_no_ratings(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_rated(tmp_path / "none.json")
    for text in ("{", "[]", '{"models": [{}]}', '{"models": 3}'):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(InputError, match=r"not a ratings\.json"):
            read_rated(tmp_path / "r.json")
