"""What is written of an idle shop and of its start."""

from __future__ import annotations

from benchmarks.idle.__main__ import section as idle_section
from benchmarks.idle.processes import Use
from benchmarks.start.__main__ import section as start_section
from benchmarks.start.run import Start

MB = 1_000_000


def used(name: str, cpu: float, pss: int) -> Use:
    return Use(name=name, cpu=cpu, wakes=2, pss=pss * MB, rss=2 * pss * MB, threads=3)


def started(seconds: float) -> Start:
    return Start(
        first_order=seconds,
        opened=seconds + 1,
        refused=0,
        cpu_seconds=2,
        events={"the counter listens": seconds - 0.5},
    )


def test_an_idle_shop_is_judged_by_all_of_its_processes_together() -> None:
    counts = {("ReceiveMessage", "orders"): 60, ("GetQueueAttributes", "orders"): 30}
    found = idle_section(
        [used("supervisor", 0.0025, 90), used("counter", 0.0075, 170)],
        used("all, 467bca2", 0.02, 300),
        0.004,
        counts,
        120,
    )
    cpu, memory, requests = found.bounds
    assert (cpu.figure, cpu.met) == (1, False)
    assert (memory.figure, memory.met) == (260, False)
    assert requests.figure == 2700
    assert "| all | 1.00% | 4.0 | 260 MB | 520 MB | 6 |" in found.text
    assert "0.50 times" in found.text
    assert "0.40%" in found.text
    assert "| ReceiveMessage | orders | 1,800 |" in found.text


def test_a_start_is_judged_by_its_median() -> None:
    found = start_section([started(2.2), started(9), started(2.4)], [started(3)] * 3)
    new, again = found.bounds
    assert (new.figure, new.met) == (2.4, True)
    assert (again.figure, again.met) == (3, False)
    assert "| the counter listens | 1.90 | 2.50 |" in found.text
