"""The autoscaler's decision: from its state and one sample to a number of baristas.

It is target tracking on the backlog per barista. It grows soon and by as many as are missing,
and shrinks late and one by one: a waiting order costs more than a waiting barista. Its clock is
the ticks, so nothing here knows the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shop.scaling.target import BaristaRange, Throughput, workers_for


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """The limits and targets of scaling.

    Where people prepare the orders, nothing `scales`: more processes would be no more hands.
    `acceptable_wait` is in seconds. The number grows after `grow_after` ticks in a row that want
    more baristas, and shrinks after `shrink_after` that want fewer.
    """

    range: BaristaRange
    acceptable_wait: float
    scales: bool = True
    grow_after: int = 2
    shrink_after: int = 15


@dataclass(frozen=True, slots=True)
class Floor:
    """A least number of baristas, and where it comes from, as in `the schedule`."""

    count: int
    source: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The input of one tick.

    `backlog` is tickets waiting and in flight, None when it could not be counted. How many
    baristas are alive does not matter: the supervisor replaces each that dies at once.
    """

    backlog: int | None
    throughput: Throughput
    floors: tuple[Floor, ...] = ()


@dataclass(frozen=True, slots=True)
class ScalingState:
    """The desired number; how many ticks in a row wanted more (breaching), or fewer (calm)."""

    desired: int
    breaching: int = 0
    calm: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """How many baristas there should be from now on, and why."""

    desired: int
    why: str


def decide(
    policy: ScalingPolicy, state: ScalingState, sample: Sample
) -> tuple[ScalingState, Decision]:
    """Decide at one tick; `desired` is in the policy's range, and never below a floor within it."""
    if not policy.scales:
        return _change(policy.range.clamp(state.desired), "people prepare the orders: not scaled")
    if (bounded := _bounded(policy, state, sample)) is not None:
        return bounded
    if sample.backlog is None:
        return _hold(replace(state, breaching=0, calm=0), "the backlog is not known")
    wanted = max(
        _least(policy, sample).count,
        policy.range.clamp(workers_for(sample.backlog, sample.throughput, policy.acceptable_wait)),
    )
    if wanted > state.desired:
        return _grow(policy, state, sample, wanted)
    if wanted < state.desired:
        return _shrink(policy, state, sample, wanted)
    return _hold(ScalingState(state.desired), f"{_found(sample)} is work for as many")


def _bounded(
    policy: ScalingPolicy, state: ScalingState, sample: Sample
) -> tuple[ScalingState, Decision] | None:
    """Apply the floors and the maximum at once, whatever the backlog."""
    least = _least(policy, sample)
    if state.desired < least.count:
        return _change(least.count, f"{least.source} asks for at least {least.count}")
    if state.desired > policy.range.most:
        return _change(policy.range.most, f"there may be {policy.range.most} at most")
    return None


def _least(policy: ScalingPolicy, sample: Sample) -> Floor:
    floors = [Floor(policy.range.least, "the minimum"), *sample.floors]
    highest = max(floors, key=lambda floor: floor.count)
    return replace(highest, count=policy.range.clamp(highest.count))


def _grow(
    policy: ScalingPolicy, state: ScalingState, sample: Sample, wanted: int
) -> tuple[ScalingState, Decision]:
    breaching = state.breaching + 1
    why = f"{_found(sample)} is work for {_work(policy, sample)}"
    if breaching >= policy.grow_after:
        return _change(wanted, why)
    return _hold(ScalingState(state.desired, breaching=breaching), f"{why}, if it lasts")


def _shrink(
    policy: ScalingPolicy, state: ScalingState, sample: Sample, wanted: int
) -> tuple[ScalingState, Decision]:
    calm = state.calm + 1
    why = f"{_found(sample)} has been work for fewer for {calm} ticks"
    if calm >= policy.shrink_after:
        return _change(state.desired - 1, why)
    return _hold(ScalingState(state.desired, calm=calm), f"{why}: {wanted} would do")


def _work(policy: ScalingPolicy, sample: Sample) -> int:
    return workers_for(sample.backlog or 0, sample.throughput, policy.acceptable_wait)


def _found(sample: Sample) -> str:
    return f"a backlog of {sample.backlog}"


def _change(desired: int, why: str) -> tuple[ScalingState, Decision]:
    return ScalingState(desired), Decision(desired, why)


def _hold(state: ScalingState, why: str) -> tuple[ScalingState, Decision]:
    return state, Decision(state.desired, why)
