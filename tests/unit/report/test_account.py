"""The account of a run with two attempts: the last one speaks, and a stage's time is of the attempt that did it."""

from veriloop.report.account import account_provenance


def attempt(started, **stages):
    told = {
        name: {"done": done, "wall_seconds": wall, "cpu_seconds": wall / 2}
        for name, (done, wall) in stages.items()
    }
    return {
        "command": ["veriloop", "run", started],
        "started": started,
        "versions": {"torch": "2.13.0", "vllm": None},
        "seeds": {"run": 7},
        "platform": "Linux",
        "cpus": 2,
        "python": "3.11.7",
        "stages": stages and told,
    }


def test_the_last_attempt_speaks_and_stages_keep_the_time_of_their_work():
    account = {
        "attempts": [
            attempt("first", search=(40, 8.0), verify=(3, 2.0)),
            attempt("second", search=(0, 0.1), verify=(5, 4.0)),
        ]
    }
    made = account_provenance(account, (1, "a"))
    assert (made.command, made.made) == ("veriloop run second", "second")
    assert (dict(made.versions), dict(made.seeds)) == ({"torch": "2.13.0"}, {"run": 7})
    assert made.config == {"settings": "(1, 'a')"}
    assert [(t.name, t.wall, t.cpu) for t in made.times] == [
        ("search", 8.0, 4.0),
        ("verify", 4.0, 2.0),
    ]
    assert made.cpu == "Linux, 2 cores, Python 3.11.7"
