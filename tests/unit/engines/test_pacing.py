"""Limits found against servers in virtual time, and slots on a real loop."""

import asyncio
import heapq
import itertools
import random

import pytest

from veriloop.engines.pacing import Controller, Pace, pace


class Queueing:
    """Serves ``capacity`` at once, each ``seconds`` long; the others wait in line."""

    def __init__(self, capacity, seconds=1.0, *, spread=0.0, most=None):
        self.capacity, self.seconds, self.spread, self.most = capacity, seconds, spread, most
        self.free = [0.0] * capacity
        self.draw = random.Random(0)

    def takes(self, now, running):
        """Until when, or None where it refuses."""
        if self.most is not None and running >= self.most:
            return None
        took = self.seconds * (1 + self.spread * (self.draw.random() - 0.5))
        start = max(now, heapq.heappop(self.free))
        heapq.heappush(self.free, start + took)
        return start + took


class Batched:
    """A GPU: a step with more in it takes longer, so the rate levels off at 1 / slope."""

    def __init__(self, fixed, slope, thrash=None):
        self.fixed, self.slope, self.thrash = fixed, slope, thrash

    def takes(self, now, running):
        more = max(0, running - self.thrash) ** 2 * self.slope if self.thrash else 0.0
        return now + self.fixed + self.slope * (running + 1) + more


def drive(server, control, calls, demand=10_000):
    """Calls through the controller in virtual time; the rate over the second half, and refusals of it."""
    now, running, done, sent, refused = 0.0, 0, [], 0, []
    events, count = [], itertools.count()
    while len(done) < calls:
        while running < min(control.limit, demand):
            epoch = control.epoch
            end = server.takes(now, running)
            if end is None:
                refused.append(len(done))
                control.refused(epoch)
                break
            running += 1
            sent += 1
            heapq.heappush(events, (end, next(count), epoch, now))
        now, _, epoch, began = heapq.heappop(events)
        full = running >= control.limit and demand > control.limit
        running -= 1
        control.answered(epoch, now - began, full=full)
        done.append(now)
    half = calls // 2
    return (calls - half) / (done[-1] - done[half - 1]), sum(at >= half for at in refused)


@pytest.mark.parametrize("spread", [0.0, 1.0])
@pytest.mark.parametrize("capacity", [1, 5, 20, 33, 100, 300])
def test_a_server_that_queues_is_kept_busy_and_no_more_than_that(capacity, spread):
    control = Controller()
    rate, _ = drive(Queueing(capacity, spread=spread), control, 200 * capacity + 1000)
    assert rate >= 0.9 * capacity
    assert control.limit <= 4 * capacity + 8


@pytest.mark.parametrize("capacity", [1, 5, 20, 33, 100, 300])
def test_a_server_that_refuses_is_served_near_its_edge_with_few_refusals(capacity):
    control = Controller()
    server = Queueing(capacity, most=capacity)
    rate, refused = drive(server, control, 200 * capacity + 1000)
    assert rate >= 0.9 * capacity
    assert refused <= 8


def best_fixed(make, calls):
    return max(drive(make(), Fixed(2**k), calls)[0] for k in range(10))


class Fixed:
    """A limit that stays."""

    epoch = 0

    def __init__(self, limit):
        self.limit = limit

    def answered(self, *_, **__):
        pass


@pytest.mark.parametrize(
    "make",
    [
        lambda: Batched(1.0, 0.01),
        lambda: Batched(0.1, 0.05),
        lambda: Batched(1.0, 0.01, thrash=40),
    ],
)
def test_a_gpu_is_brought_within_a_tenth_of_the_best_fixed_limit(make):
    rate, _ = drive(make(), Controller(), 20_000)
    assert rate >= 0.9 * best_fixed(make, 4_000)


def test_few_calls_say_nothing_of_a_limit():
    control = Controller()
    drive(Queueing(300), control, 3_000, demand=10)
    assert control.limit <= 16


def test_time_outs_take_the_limit_far_down_and_one_wave_counts_once():
    control = Controller()
    drive(Queueing(64), control, 4_000)
    limit, epoch = control.limit, control.epoch
    for _ in range(20):
        control.refused(epoch, late=True)
    assert limit // 4 <= control.limit <= limit // 2
    assert control.epoch == epoch + 1
    drive(Queueing(64), control, 20_000)
    assert control.limit >= 58


def test_a_server_that_grows_is_followed():
    control = Controller()
    drive(Queueing(10, most=10), control, 2_000)
    assert control.limit <= 10
    rate, _ = drive(Queueing(40, most=40), control, 40_000)
    assert rate >= 0.9 * 40


# Slots


def run(main):
    return asyncio.run(main)


def test_slots_go_in_order_and_a_cancelled_wait_loses_none():
    async def main():
        slots, order = Pace(1), []
        first = await slots.enter()

        async def one(name):
            slot = await slots.enter()
            order.append(name)
            await asyncio.sleep(0)
            slots.leave(slot)

        tasks = [asyncio.create_task(one(i)) for i in range(5)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        slots.leave(first)
        tasks[0].cancel()  # it has its slot by now, and has not heard of it
        await asyncio.gather(*tasks, return_exceptions=True)
        return order, slots.running

    assert run(main()) == ([2, 3, 4], 0)


def test_a_hold_keeps_everybody_back_and_then_lets_them_go():
    async def main():
        slots, loop = Pace(4), asyncio.get_running_loop()
        slots.hold(0.05)
        until = slots.until
        entered = []

        async def one():
            slot = await slots.enter()
            entered.append(loop.time())
            slots.leave(slot)

        await asyncio.gather(*(one() for _ in range(9)))
        return until, entered

    until, entered = run(main())
    assert len(entered) == 9
    assert min(entered) >= until - 0.001


def test_a_fixed_pace_ignores_what_happens_and_auto_shows_its_limit():
    async def main():
        fixed, free = pace(3), pace("auto")
        for slots in (fixed, free):
            slot = await slots.enter()
            slots.too_many(slot)
            slots.leave(slot, served=False)
        return fixed.limit, free.limit

    assert run(main()) == (3, 4)
