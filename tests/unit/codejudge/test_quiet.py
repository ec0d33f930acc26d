"""Who is alone is alone: while one measures, nobody else works, and everyone gets his turn."""

import threading

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
