"""The tests of one submission shared by many hands: none is lost, none is done twice, and order decides."""

import random
import threading
from concurrent.futures import CancelledError

import pytest

from veriloop.codejudge.verdicts import Code, TestResult
from veriloop.codejudge.worksheet import Worksheet


def work(sheet: Worksheet, codes: list[Code], hands: int) -> list[int]:
    done: list[int] = []

    def hand() -> None:
        pause = threading.Event()
        while (number := sheet.take()) is not None:
            pause.wait(random.random() / 2000)
            done.append(number)
            sheet.put(number, TestResult(str(number), codes[number], 0.0))

    threads = [threading.Thread(target=hand) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


@pytest.mark.parametrize("hands", [1, 4])
def test_all_tests_are_run_once_each(hands):
    codes = [random.choice([Code.AC, Code.WA]) for _ in range(50)]
    sheet = Worksheet(50, stop=False)
    assert sorted(work(sheet, codes, hands)) == list(range(50))
    assert [r.code for r in sheet.finished([str(i) for i in range(50)])] == codes


@pytest.mark.parametrize("hands", [1, 2, 4])
def test_with_stop_the_result_is_that_of_one_hand(hands):
    for seed in range(20):
        random.seed(seed)
        codes = [random.choice([Code.AC] * 8 + [Code.WA, Code.JE]) for _ in range(20)]
        sheet = Worksheet(20, stop=True)
        done = work(sheet, codes, hands)
        first = next((i for i, c in enumerate(codes) if c is not Code.AC), 19)
        assert set(range(first + 1)) <= set(done)
        if hands == 1:
            assert done == list(range(first + 1))
        shown = [r.code for r in sheet.finished([str(i) for i in range(20)])]
        assert shown == codes[: first + 1] + [Code.SK] * (19 - first)


def test_an_error_of_ours_ends_the_work_and_is_raised():
    sheet = Worksheet(3, stop=False)
    assert sheet.take() == 0
    sheet.fail(MemoryError("no room"))
    assert sheet.take() is None
    with pytest.raises(MemoryError, match="no room"):
        sheet.finished(["a", "b", "c"])


def test_once_ended_nothing_is_handed_out_and_there_is_no_result():
    sheet = Worksheet(3, stop=False)
    assert sheet.take() == 0
    sheet.ended.set()
    assert sheet.take() is None
    sheet.put(0, TestResult("a", Code.AC, 1.0))
    with pytest.raises(CancelledError):
        sheet.finished(["a", "b", "c"])
