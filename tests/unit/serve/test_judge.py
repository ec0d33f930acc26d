"""The judge's server with its own client over loopback: all three calls, keys, refusals, bodies that are none."""

import asyncio
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
import uvicorn

from veriloop.bench.codeelo.local import Local
from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.remote import Remote
from veriloop.bench.codeelo.submitting import Handed, judgement
from veriloop.codejudge.problem import Test
from veriloop.codejudge.verdicts import Code
from veriloop.errors import EngineRefused, InputError
from veriloop.serve.judge import MOST_BYTES, create_app, serve
from veriloop.testing.judge import SpokenJudge

STORE = (
    CodeEloProblem("1A", "Sums", output="Print any of them.", tests=(Test("1", b"1", b"2"),)),
    CodeEloProblem("1B"),
)


@contextmanager
def running(key=None, judge=None, verdicts_only=False):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = Local(STORE, judge=judge or SpokenJudge())
    app = create_app(local, key=key, verdicts_only=verdicts_only)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def ask(url, work, **options):
    async def run():
        remote = Remote(url, retries=1, backoff=0.001, **options)
        try:
            return await work(remote)
        finally:
            await remote.close()

    return asyncio.run(run())


def judged(url, *programs, problem="1A", language="python", **options):
    async def work(remote):
        handed = [Handed(problem, language, program) for program in programs]
        return await asyncio.gather(*(judgement(remote, h) for h in handed))

    return ask(url, work, **options)


def post(url, body, key="k"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def url():
    with running() as url:
        yield url


def test_programs_go_there_and_verdicts_come_back(url):
    said = judged(url, "print(1)", "WA", "CE", "JE")
    assert [s.code for s in said] == [Code.AC, Code.WA, Code.CE, Code.JE]
    assert said[1].detail["test"] == "1"
    assert said[0].detail["isolation"] == "none/none"
    assert said[0].detail["guessed"] is True


def test_status_waits_for_a_verdict():
    judge = SpokenJudge(delay=0.2)
    with running(judge=judge) as url:
        (said,) = judged(url, "WA")
    assert said.code is Code.WA
    assert len(judge.asked) == 1


def test_problems_and_what_is_not_there(url):
    assert ask(url, lambda remote: remote.problem("1A"))["title"] == "Sums"
    for problem in ("1B", "9Z"):
        with pytest.raises(InputError) as caught:
            judged(url, "x", problem=problem)
        assert caught.value.field == "problem"
    with pytest.raises(InputError, match="kotlin") as caught:
        judged(url, "x", language="kotlin")
    assert caught.value.field == "language"
    assert post(f"{url}/status", {"submission": "gone"}) == (
        200,
        {"verdict": None, "unknown": True},
    )


def test_a_key_is_asked_for():
    with running(key="right") as url:
        (said,) = judged(url, "x", key="right")
        assert said.code is Code.AC
        with pytest.raises(EngineRefused, match="a valid key"):
            ask(url, lambda remote: remote.problem("1A"), key="wrong")
        (said,) = judged(url, "x", key="wrong")
        assert said.code is Code.JE  # refused, and so never a wrong answer
        with urllib.request.urlopen(f"{url}/health") as answer:
            assert json.load(answer) == {"status": "ok", "judge": "local"}


@pytest.mark.parametrize(
    ("call", "body", "says"),
    [
        ("submit", b"{", "not JSON"),
        ("submit", b"\xff", "not JSON"),
        ("submit", [1], "a JSON object"),
        ("submit", {"problem": "1A", "language": "python"}, "code is a text"),
        ("submit", {"problem": 1, "language": "python", "code": "x"}, "problem is a text"),
        ("submit", b"x" * (MOST_BYTES + 1), "at most 4 MiB"),
        ("status", {"submission": "a", "wait": "long"}, "wait is a number"),
        ("status", {"submission": "a", "wait": True}, "wait is a number"),
        ("status", b'{"submission": "a", "wait": Infinity}', "wait is a number"),
    ],
)
def test_calls_that_cannot_be_read(url, call, body, says):
    status, told = post(f"{url}/{call}", body)
    assert status == 400
    assert says in told["error"]["message"]


def test_an_open_address_needs_a_key():
    with pytest.raises(InputError, match="give a key"):
        serve(Local(STORE), host="0.0.0.0")
    for host in ("0.0.0.0", "127.0.0.1"):
        with pytest.raises(InputError, match="the key is empty"):
            serve(Local(STORE), host=host, key="")


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError) as caught:
        serve(Local(STORE), port=taken.getsockname()[1])
    assert re.fullmatch(
        r"cannot listen on 127\.0\.0\.1:\d+: Address already in use", str(caught.value)
    )


def test_answers_cannot_be_read_out_where_only_verdicts_are_told():
    with running(verdicts_only=True) as url:
        wrong, broken = judged(url, "WA", "CE")
    assert (wrong.code, broken.code) == (Code.WA, Code.CE)
    assert "message" not in wrong.detail
    assert wrong.detail["test"] == "1"
    assert broken.detail["message"]
