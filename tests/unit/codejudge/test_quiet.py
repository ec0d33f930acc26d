"""Who is alone is alone: while one measures, nobody else works, and everyone gets his turn."""

import signal
import threading
import time

import pytest

from veriloop.codejudge.quiet import Quiet


def test_nobody_works_beside_one_who_is_alone():
    quiet, lock = Quiet(), threading.Lock()
    at_work = {"shared": 0, "alone": 0}
    seen: list[tuple[int, int]] = []

    def hand(number: int) -> None:
        for turn in range(200):
            kind = "alone" if (number + turn) % 10 == 0 else "shared"
            with quiet.by_itself() if kind == "alone" else quiet.among_others():
                with lock:
                    at_work[kind] += 1
                    seen.append((at_work["shared"], at_work["alone"]))
                with lock:
                    at_work[kind] -= 1

    threads = [threading.Thread(target=hand, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1200
    assert all(alone == 0 or (alone == 1 and shared == 0) for shared, alone in seen)


def test_an_error_inside_gives_the_turn_back():
    quiet = Quiet()
    for turn in (quiet.among_others, quiet.by_itself):
        try:
            with turn():
                raise KeyError
        except KeyError:
            pass
    with quiet.by_itself():
        assert quiet.working == 0


def test_who_is_interrupted_while_waiting_to_be_alone_holds_nobody_up():
    quiet = Quiet()
    main = threading.get_ident()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt() -> None:
        while not quiet.waiting:
            time.sleep(0.001)
        signal.pthread_kill(main, signal.SIGINT)

    try:
        with quiet.among_others():
            thread = threading.Thread(target=interrupt)
            thread.start()
            with pytest.raises(KeyboardInterrupt), quiet.by_itself():
                pass
            thread.join()
            with quiet.among_others():
                assert quiet.working == 2
    finally:
        signal.signal(signal.SIGINT, before)
