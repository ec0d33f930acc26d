"""Servers of models as processes of their own on loopback, for the tests of this folder."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds: a server loads torch, and other tests may run beside it


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(command, log, **variables):
    """The address of a server that ``command`` and ``--port`` start; it has ended when this ends."""
    port = free_port()
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(paths)} | variables
    with Path(log).open("wb") as out:
        server = subprocess.Popen(
            [*map(str, command), "--port", str(port)], env=env, stdout=out, stderr=out
        )
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + PATIENCE
            while not healthy(url):
                said = Path(log).read_text(errors="replace")[-2000:]
                assert server.poll() is None, f"the server ended with {server.returncode}: {said}"
                assert time.monotonic() < until, f"no answer in {PATIENCE:g} s: {said}"
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def healthy(url):
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def one_cpu():
    """Processes that the test starts have one CPU: whoever starts a worker for each CPU starts one."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = sorted(os.sched_getaffinity(0))
    worker = int(
        os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]
    )  # two such tests at once share none
    os.sched_setaffinity(0, {before[worker % len(before)]})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture(scope="session", name="served")
def served_fixture():
    return served
