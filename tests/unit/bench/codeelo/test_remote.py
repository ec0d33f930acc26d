"""The client, against a real server on loopback that speaks the three calls, or breaks them."""

import asyncio
import importlib.util
from pathlib import Path

import pytest

from veriloop.bench.codeelo.remote import Remote
from veriloop.bench.codeelo.submitting import Handed, Patience, judgement
from veriloop.codejudge.verdicts import Code
from veriloop.errors import EngineRefused, InputError

FILE = Path(__file__).resolve().parents[2] / "engines" / "loopback.py"
SPEC = importlib.util.spec_from_file_location("loopback", FILE)
assert SPEC
assert SPEC.loader
wire = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(wire)

QUICK = Patience(total=2.0, first=0.001, growth=1.5, most=0.01)
HANDED = Handed("1A", "cpp", "int main() {}", "m 0")


def ask(handler, work=None, **options):
    """What ``work(remote)`` gives (by default: the verdict on HANDED), and the requests that were made."""

    async def run():
        async with wire.loopback(handler) as server:
            remote = Remote(server.url, backoff=0.001, **options)
            try:
                told = await (work(remote) if work else judgement(remote, HANDED, QUICK))
            finally:
                await remote.close()
            return told, server.seen

    return asyncio.run(run())


def answers(*verdicts, submission: object = 17):
    """A judge that gives these answers to /status, the last one for ever."""
    left = list(verdicts)

    def handler(body, count):
        if "code" in body:
            return {"submission": submission}
        return left.pop(0) if len(left) > 1 else left[0]

    return handler


def test_submit_then_status_until_there_is_a_verdict():
    said, seen = ask(
        answers(
            {"verdict": None},
            {"verdict": "TESTING"},
            {"verdict": "WRONG_ANSWER", "detail": {"test": "3"}},
        )
    )
    assert (said.code, said.detail) == (Code.WA, {"test": "3"})
    assert [path for path, _, _ in seen] == ["/submit", "/status", "/status", "/status"]
    assert seen[0][2] == {"problem": "1A", "language": "cpp", "code": "int main() {}", "tag": "m 0"}
    assert {body["submission"] for _, _, body in seen[1:]} == {"17"}


def test_the_key_is_sent_and_never_one_meant_for_another_server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    _, seen = ask(answers({"verdict": "OK"}), key="k")
    assert {headers["authorization"] for _, headers, _ in seen} == {"bearer k"}
    _, seen = ask(answers({"verdict": "OK"}))
    assert not any("sk-secret" in str(headers) for _, headers, _ in seen)
    assert "k" not in repr(Remote("http://x", key="k")).replace("backoff", "")


def test_failures_of_the_server_are_tried_again():
    def handler(body, count):
        if count in (1, 3):
            return wire.http(503, {"error": {"message": "busy"}})
        if count == 4:
            raise wire.Reset
        return {"submission": "a"} if "code" in body else {"verdict": "AC"}

    said, seen = ask(handler)
    assert said.code is Code.AC
    assert len(seen) == 5


def test_a_server_that_never_answers_is_a_judge_error():
    def handler(body, count):
        raise wire.Never

    said, _ = ask(handler, timeout=0.05, retries=1)
    assert said.code is Code.JE
    assert "was asked 2 times" in str(said.detail["message"])


def test_a_server_that_forgot_is_handed_the_program_again():
    said, seen = ask(answers({"verdict": None, "unknown": True}, {"verdict": "AC"}))
    assert said.code is Code.AC
    assert [path for path, _, _ in seen] == ["/submit", "/status", "/submit", "/status"]


def test_a_verdict_that_nobody_knows_is_a_judge_error_with_its_name():
    said, _ = ask(answers({"verdict": "Gremlins"}))
    assert (said.code, said.detail["message"]) == (Code.JE, "the judge said 'Gremlins'")


@pytest.mark.parametrize("submission", [None, "", True, []])
def test_a_ticket_that_is_none_is_asked_for_again(submission):
    said, seen = ask(answers({"verdict": "AC"}, submission=submission), retries=1)
    assert said.code is Code.JE
    assert len(seen) == 2


@pytest.mark.parametrize(("status", "field"), [(404, "problem"), (422, "language")])
def test_a_problem_or_language_that_is_not_there(status, field):
    def handler(body, count):
        return wire.http(status, {"error": {"message": "no such thing"}})

    with pytest.raises(InputError, match="no such thing") as caught:
        ask(handler)
    assert caught.value.field == field


def test_a_refused_key_is_refused():
    def handler(body, count):
        return wire.http(401, {"error": {"message": "a valid key is needed"}})

    with pytest.raises(EngineRefused, match="a valid key"):
        ask(handler, lambda remote: remote.problem("1A"))


def test_a_problem_is_described():
    said, seen = ask(lambda body, count: {"title": "Sums"}, lambda remote: remote.problem("1A"))
    assert said == {"title": "Sums"}
    assert seen[0][0] == "/problem"
