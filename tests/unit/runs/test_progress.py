"""What a person sees: numbers that add up, lines without control codes, bars that fit the terminal."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap

import pytest

from veriloop.runs.plan import StageEvent
from veriloop.runs.progress import facts, progress, span


@pytest.mark.parametrize(
    ("event", "seconds", "line"),
    [
        (StageEvent("s", 300), 0, "0 of 300 (0 %)"),
        (StageEvent("s", 300, 75), 6, "75 of 300 (25 %), 12.5/s, 18 s left"),
        # Items that were already there are no measure of speed: 50 in 10 s, so 150 more take 30 s.
        (StageEvent("s", 300, 150, 100), 10, "150 of 300 (50 %), 5/s, 30 s left"),
        (
            StageEvent("s", 2000, 1000, 0, 3, 12, 1_234_567, 4.5),
            1000,
            "1,000 of 2,000 (50 %), 1/s, 1.23M tokens, $4.50, 3 lost, 12 unscored, 16:40 left",
        ),
        (StageEvent("s", 10, 10, finished=True), 7200, "10 of 10 (100 %), 5/h, took 2:00:00"),
        (StageEvent("s", 100, 10), 40, "10 of 100 (10 %), 15/min, 6:00 left"),
        (StageEvent("s", 0, finished=True), 0, "0 of 0 (0 %), took 0 s"),
    ],
)
def test_the_facts_of_a_line(event, seconds, line):
    assert facts(event, seconds) == line


@pytest.mark.parametrize("room", [20, 30, 40, 60, 100])
def test_in_little_room_what_was_lost_stays(room):
    event = StageEvent("s", 200_000, 100_000, 0, 3, 12, 1_234_567, 4.5)
    text = facts(event, 1000, room=room)
    assert "3 lost  12 unscored" in text
    assert text.startswith("100,000/200,000")
    assert len(text) <= max(room, len("100,000/200,000  3 lost  12 unscored  16:40 left"))


def test_spans_for_people():
    assert [span(s) for s in (0.4, 59, 60, 245, 3600, 90_061)] == [
        "0 s",
        "59 s",
        "1:00",
        "4:05",
        "1:00:00",
        "25:01:01",
    ]


def test_lines_come_every_few_seconds_and_at_both_ends():
    out, now = io.StringIO(), [0.0]
    with progress("auto", stream=out, every=5, clock=lambda: now[0]) as show:
        for i in range(0, 101):
            now[0] = i / 4
            show(StageEvent("search", 100, i))
        show(StageEvent("search", 100, 100, finished=True))
        show(StageEvent("judge", 4, 3, 3))
    assert out.getvalue().splitlines() == [
        "search: 100 items",
        "search: 20 of 100 (20 %), 4/s, 20 s left",
        "search: 40 of 100 (40 %), 4/s, 15 s left",
        "search: 60 of 100 (60 %), 4/s, 10 s left",
        "search: 80 of 100 (80 %), 4/s, 5 s left",
        "search: 100 of 100 (100 %), 4/s, took 25 s",
        "judge: 4 items, 3 already there",
    ]
    assert "\x1b" not in out.getvalue()


def test_a_second_stage_of_one_name_has_a_clock_of_its_own():
    out, now = io.StringIO(), [0.0]
    with progress("lines", stream=out, clock=lambda: now[0]) as show:
        for begun in (0.0, 100.0):
            now[0] = begun
            show(StageEvent("judge", 4, 0))
            now[0] = begun + 2
            show(StageEvent("judge", 4, 4, finished=True))
    assert (
        out.getvalue().splitlines()
        == [
            "judge: 4 items",
            "judge: 4 of 4 (100 %), 2/s, took 2 s",
        ]
        * 2
    )


def test_silent_is_silent():
    out = io.StringIO()
    with progress("silent", stream=out) as show:
        show(StageEvent("search", 1, 1, finished=True))
    assert out.getvalue() == ""


SHOW = textwrap.dedent("""
    from veriloop.runs.plan import StageEvent
    from veriloop.runs.progress import progress
    with progress() as show:
        show(StageEvent("search", 0)), show(StageEvent("search", 0, finished=True))
        for i in range(0, 100_001, 50_000):
            show(StageEvent("verify-montecarlo-[red]", 100_000, i, 0, i // 999, 7, i * 99, i / 9))
""")


@pytest.mark.parametrize("width", [80, 120])
def test_bars_fit_a_terminal(width):
    """On a real pseudo-terminal of that width: no line wraps, and the losses can be read."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    child = subprocess.Popen(
        [sys.executable, "-c", SHOW],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**env, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    told = b""
    try:
        while chunk := os.read(ours, 65536):
            told += chunk
    except OSError:
        pass  # how a pseudo-terminal says that the other end is closed
    os.close(ours)
    assert child.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode())
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    assert max(map(len, lines)) <= width
    assert "━" * 8 in lines[-1]
    assert lines[-1].startswith("verify-montec…")
    assert re.search(r"100,000/100,000 .*100 lost  7 unscored  0 s", lines[-1])
