"""Function problems, inside the boxes: the jury's tests call a candidate's function that lives in another process.

One file, standard library only, since it runs alone in a box: as the jury's program (an interactor of testlib's
convention: ``input tout [answer]``), and, with ``serve(CODE, NAME)`` at its end, around a candidate. Arguments and
results travel as lines of JSON that keep Python's plain types apart, so nothing of the candidate's but plain data
reaches the tests: no object with an ``__eq__`` of its own, no patched builtin, no early exit. How problems are made of
data sets is in ``functions``.
"""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any

MOST = 16 << 20  # bytes of one message
EXACT = (
    1 << 53
)  # whole numbers beyond this travel as hexadecimal: JSON readers elsewhere would round them
LONGEST = 1 << 20  # hexadecimal digits of one whole number
CHECK_S = 8  # CPU seconds of the tests, below the limit at which the jury would be at fault
WRONG, FAULT = 1, 3  # testlib's exit codes


def encode(value: Any) -> Any:
    """Plain data as JSON: None, bool, str, float and list as they are, all else as an object with one tag.

    Subclasses travel as what they are built on. Raises TypeError on anything else, RecursionError on a cycle.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        whole = int.__add__(value, 0)
        return whole if -EXACT <= whole <= EXACT else {"i": hex(whole)}
    if isinstance(value, float):
        real = float.__add__(value, 0.0) if value != 0 else float.__pos__(value)
        return real if real - real == 0 else {"f": repr(real)}
    if isinstance(value, list):
        return [encode(item) for item in list.__iter__(value)]
    if isinstance(value, dict):
        return {"d": [[encode(k), encode(v)] for k, v in dict.items(value)]}
    for tag, kind in _GROUPS.items():
        if isinstance(value, kind):
            return {tag: [encode(item) for item in kind.__iter__(value)]}
    if isinstance(value, (bytes, bytearray)):
        return {"b" if isinstance(value, bytes) else "a": bytes(value).hex()}
    if isinstance(value, complex):
        return {"c": [encode(value.real), encode(value.imag)]}
    if isinstance(value, range):
        return {"r": [encode(value.start), encode(value.stop), encode(value.step)]}
    raise TypeError(f"{type(value).__name__:.80} is not plain data")


_GROUPS = {"t": tuple, "s": set, "z": frozenset}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "t": tuple,
    "s": set,
    "z": frozenset,
    "d": dict,
    "m": dict,  # JavaScript's Map
    "u": lambda _: None,  # and its undefined
    "i": lambda text: _whole(text),
    "f": float,
    "b": bytes.fromhex,
    "a": bytearray.fromhex,
    "c": lambda parts: complex(*parts),
    "r": lambda parts: range(*parts),
}


def _whole(text: str) -> int:
    if len(text) > LONGEST:
        raise ValueError("a whole number of more digits than may travel")
    return int(text, 16)


def decode(value: Any) -> Any:
    """What ``encode`` was given. Raises ValueError, TypeError or RecursionError on anything that it does not write."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError("an object of the wire has one tag")
    ((tag, held),) = value.items()
    if tag not in _MAKERS:
        raise ValueError(f"no tag {tag!r:.20}")
    return _MAKERS[tag](decode(held))


class Gone(BaseException):
    """The other side has ended, or writes what is no message. No test can catch it by accident."""


class Broken(BaseException):
    """The tests ask for what cannot be done."""


class CandidateError(Exception):
    """The candidate raised something that is not a builtin exception, ended its process, or returned no plain data."""


class Channel:
    """Messages over standard input and output; what the code here prints goes nowhere."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), "rb", 1 << 16)
        self._out = os.dup(1)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        self._dumps, self._loads, self._write = json.dumps, json.loads, os.write

    def send(self, message: Any) -> None:
        """Write one message. Raises Gone where nobody reads."""
        data = self._dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[self._write(self._out, data) :]
        except OSError as error:
            raise Gone("the other program reads no more") from error

    def receive(self) -> Any:
        """Read one message. Raises Gone."""
        line = self._in.readline(MOST + 1)
        if not line.endswith(b"\n"):
            raise Gone(f"an answer over {MOST} bytes" if len(line) > MOST else "the program ended")
        try:
            return self._loads(line)
        except (ValueError, RecursionError) as error:
            raise Gone("the program wrote what is no answer") from error


# -- around the candidate ---------------------------------------------------------------------------------------


def serve(code: str, name: str) -> None:
    """Load a candidate's program and answer calls of its function ``name`` (or of that method of its class
    ``Solution``) until nobody asks any more. A program that cannot be loaded ends with code 1.
    """
    leave = os._exit
    channel = Channel()
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    exec(compile(code, "solution.py", "exec"), module.__dict__)
    function = module.__dict__.get(name)
    if function is None and "Solution" in module.__dict__:
        function = getattr(module.__dict__["Solution"](), name, None)
    if not callable(function):
        sys.stderr.write(f"NameError: the program defines no function {name!r}\n")
        sys.stderr.flush()
        leave(1)
    try:
        while True:
            arguments, named = decode(channel.receive())
            channel.send(_answer(function, arguments, named))
    except Gone:
        leave(0)


def _answer(function: Any, arguments: list[Any], named: dict[str, Any]) -> list[Any]:
    """``["value", result]`` or ``["error", type's name, text]``."""
    try:
        result = function(*arguments, **named)
    except BaseException as error:  # also SystemExit: it is an answer like any other
        return ["error", type(error).__name__, _text(error)]
    try:
        return ["value", encode(result)]
    except BaseException as error:
        return ["error", "CandidateError", "the result cannot be handed on: " + _text(error)]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:1000]
    except BaseException:
        return ""


# -- the jury ---------------------------------------------------------------------------------------------------


class Proxy:
    """Stands for the candidate's function in the tests."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.calls = 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The candidate's result, or its exception. Raises Gone where there is no answer, Broken for odd arguments."""
        self.calls += 1
        try:
            asked = encode([list(arguments), named])
        except (TypeError, RecursionError) as error:
            raise Broken(f"an argument cannot be handed on: {error}") from error
        self._channel.send(asked)
        answer = self._channel.receive()
        if not isinstance(answer, list) or not answer:
            raise Gone("the program wrote what is no answer")
        try:
            if answer[0] == "value":
                return decode(answer[1])
            kind, text = str(answer[1]), str(answer[2])
        except (
            ValueError,
            TypeError,
            IndexError,
            RecursionError,
            OverflowError,
            MemoryError,
        ) as error:
            raise Gone("the program wrote what is no answer") from error
        raised = getattr(builtins, kind, None)
        if isinstance(raised, type) and issubclass(raised, Exception):
            raise _made(raised, text)
        raise CandidateError(f"{kind:.80}: {text}")


def _made(kind: type[Exception], text: str) -> Exception:
    try:
        return kind(text)
    except TypeError:  # such as UnicodeDecodeError, which wants five arguments
        return CandidateError(f"{kind.__name__}: {text}")


def judge(task: dict[str, Any], answer: str | None, candidate: Proxy) -> str:
    """Run a task's tests on the candidate; what is wrong, empty for nothing. Raises what broken tests raise."""
    if "tests" not in task:
        return _compare(task, answer, candidate)
    space: dict[str, Any] = {"__name__": "tests"}
    exec(compile(task["prelude"], "prelude.py", "exec"), space)
    space[task["entry_point"]] = candidate
    lines = task["tests"].split("\n")
    code = compile(task["tests"], "tests.py", "exec")
    try:
        exec(code, space)
        if "check" in space:
            space["check"](candidate)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        at = [frame.lineno for frame in frames if frame.filename == "tests.py" and frame.lineno]
        where = lines[at[-1] - 1].strip()[:300] if at else ""
        return f"{_said(error)} at {where}"
    return "" if candidate.calls else "the tests never called the function"


def _compare(task: dict[str, Any], answer: str | None, candidate: Proxy) -> str:
    """One call with plain JSON in and out. A tuple is a list there; numbers within the task's tolerance are equal."""
    if answer is None:
        raise ValueError("a call needs an answer to compare with")
    expected = json.loads(answer)
    try:
        given = candidate(*task["arguments"], **task.get("named", {}))
        if same(given, expected, task.get("tolerance", 0.0)):
            return ""
    except Exception as error:  # also a number too large to be compared
        return _said(error)
    return f"got {_shown(given)}, expected {_shown(expected)}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {_text(error)[:300]}"


def _shown(value: Any) -> str:
    try:
        return repr(value)[:300]
    except (ValueError, RecursionError):
        return "a value too large to be shown"


def same(given: Any, expected: Any, tolerance: float) -> bool:
    """Whether a result is what JSON could say of it: lists and tuples by item, objects by key, numbers by value.

    A boolean is no number. ``|given - expected| <= tolerance * max(1, |expected|)`` where either is no whole number.
    """
    if isinstance(expected, list):
        if not isinstance(given, (list, tuple)) or len(given) != len(expected):
            return False
        return all(same(a, b, tolerance) for a, b in zip(given, expected))  # noqa: B905
    if isinstance(expected, dict):
        if not isinstance(given, dict) or len(given) != len(expected):
            return False
        keys = {
            k if isinstance(k, str) else json.dumps(k) if _scalar(k) else None: k for k in given
        }
        return keys.keys() == expected.keys() and all(
            same(given[keys[k]], v, tolerance) for k, v in expected.items()
        )
    if isinstance(expected, bool) or isinstance(given, bool) or expected is None:
        return given is expected
    if isinstance(expected, float) or isinstance(given, float):
        if not isinstance(given, (int, float)) or not isinstance(expected, (int, float)):
            return False
        return given == expected or abs(given - expected) <= tolerance * max(1.0, abs(expected))
    return type(given) is type(expected) and given == expected


def _scalar(key: Any) -> bool:
    return key is None or isinstance(key, (bool, int, float))


def _late(*_: object) -> None:
    raise Gone(f"checking the answers takes more than {CHECK_S} s")


def main(arguments: list[str]) -> None:
    """The jury's program: exit code 0 accepted, 1 wrong, 3 the tests themselves are broken."""
    leave = os._exit
    channel = Channel()
    signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, CHECK_S)
    try:
        with open(arguments[0], encoding="utf-8") as file:
            task = json.load(file)
        answer = None
        if len(arguments) > 2:
            with open(arguments[2], encoding="utf-8") as file:
                answer = file.read()
        wrong = judge(task, answer, Proxy(channel))
        code = WRONG if wrong else 0
    except Gone as error:
        wrong, code = str(error), WRONG
    except BaseException as error:
        wrong, code = f"the tests are broken: {type(error).__name__}: {error}", FAULT
    sys.stderr.write(wrong.encode("utf-8", "backslashreplace").decode("utf-8", "replace")[:2000])
    sys.stderr.flush()
    leave(code)


if __name__ == "__main__":
    main(sys.argv[1:])
