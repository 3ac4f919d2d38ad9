"""Run a workflow thousands of times while every step fails at random: `make soak`.

Each run is made in a world that is drawn for it, with a service, a store and claims of its own.
It uploads a file of its own, submits, polls, and saves what comes back to disk, through the
world's shared client, most of them with `await`, some in threads. Afterwards the runs are held
against the services' own records. A run may end in an error, but then the error says what is
known; whoever follows it gets the output, and there never is a second job, nor half a file.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from speedpix_emulator import Emulator, Job
from speedpix_emulator.exchanges.faults import OPERATIONS

from speedpix import (
    Client,
    Prediction,
    PredictionError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)

sys.path.append(str(Path(__file__).with_name("worlds")))
from service_worlds import WORKFLOW, WORLDS, World, WorldFaults

FILE_BYTES = 20_000  # at most; several pieces for the emulator's slow answers
BLOCKING_SHARE = 10  # every tenth run is blocking, in a thread
THREADS = 16
AT_ONCE = "output at once"
AS_DUE = "failed, as all runs of its world"


class FastClock:
    """Run faster than the real time by a factor, so that pauses keep their proportions.

    A clock that every sleep steps would serve one run at a time only: a thousand pauses that
    overlap would add up, and use up every deadline.
    """

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._real_start = time.monotonic()
        self._start = time.time()

    def time(self) -> float:
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._real_start) * self._factor

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._factor)

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._factor)


class CountedFaults(WorldFaults):
    """The faults of a world, which counts those that were met, by operation and name."""

    def __init__(self, world: World) -> None:
        super().__init__(world.answers)
        self.met: Counter[tuple[str, str]] = Counter()

    def take(self, operation: str) -> Any:
        fault = super().take(operation)
        if fault is not None and fault.name in self.names(operation):
            self.met[operation, fault.name] += 1
        return fault


@frozen
class Plan:
    """How much is run; `timeout` in real seconds, `speed` in seconds per real second."""

    runs: int = 2000
    rate: float = 0.1
    seed: int = 1
    concurrency: int = 48  # each world has a server of its own in this process
    timeout: float = 2.0
    speed: float = 4.0


@frozen(eq=False)
class Service:
    """An emulator of one world, its faults, and the client of all its runs."""

    world: World
    emulator: Emulator
    faults: CountedFaults
    client: Client

    def jobs(self) -> dict[str, list[Job]]:
        """Return the jobs, by the marker of their run."""
        jobs: dict[str, list[Job]] = defaultdict(list)
        for job in self.emulator.jobs:
            jobs[str(job.inputs["marker"])].append(job)
        return jobs


@define
class Run:
    """One run: what it is given, and how it ended."""

    service: Service
    marker: str
    source: Path
    target: Path
    content: bytes = field(repr=False)
    output: dict[str, Any] | None = None
    error: Exception | None = None
    ending: str = AT_ONCE

    @property
    def input(self) -> dict[str, object]:
        return {"file": self.source, "marker": self.marker}


@define
class Report:
    """What happened; no violation is what the soak proves."""

    plan: Plan
    violations: list[str]
    kinds: Counter[str]
    endings: Counter[str]
    faults: Counter[tuple[str, str]]
    requests: dict[str, int]
    jobs: int
    connections: int
    real_seconds: float
    seconds: float

    def __str__(self) -> str:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        plan, requests = self.plan, sum(self.requests.values())
        lines = [
            f"{plan.runs} runs, {plan.concurrency} at a time, seed {plan.seed}",
            f"{self.real_seconds:.1f} s ({self.seconds:.0f} s of its clock), peak {peak:.0f} MiB",
            f"{self.jobs} jobs, {requests} requests, {self.connections} connections",
            f"{sum(self.faults.values())} faults met, at a rate of {plan.rate:.0%}",
            "runs by kind of world: "
            + ", ".join(f"{kind} {count}" for kind, count in self.kinds.most_common()),
            "",
            f"{'faults met':26}" + "".join(f"{operation:>9}" for operation in OPERATIONS),
            *(
                f"{name:26}"
                + "".join(f"{self.faults[operation, name] or '·':>9}" for operation in OPERATIONS)
                for name in sorted({name for _, name in self.faults})
            ),
            f"{'of requests':26}" + "".join(f"{self.requests[each]:>9}" for each in OPERATIONS),
            "",
            *(f"{count:6}  {ending}" for ending, count in self.endings.most_common()),
            "",
            f"violations: {len(self.violations)}",
            *(f"  {violation}" for violation in self.violations[:20]),
        ]
        return "\n".join(lines)


def soak(plan: Plan, directory: Path) -> Report:
    """Make all runs of the plan, with their files in a directory; finish and verify them."""
    clock = FastClock(plan.speed)
    with ExitStack() as stack:
        services = [_serve(world, plan, clock, stack) for world in WORLDS]
        runs = _runs(plan, services, directory)
        began = time.monotonic()
        for number, service in enumerate(services):
            service.faults.random(plan.rate, plan.seed + number)
        asyncio.run(_storm(plan, services, runs))
        for service in services:
            service.faults.clear()
        violations = _half_written(runs, directory)
        jobs = {service: service.jobs() for service in services}
        for run in runs:
            violations += _settle(run, jobs[run.service][run.marker])
        violations += _half_written(runs, directory)
        endings = Counter(run.ending for run in runs)
        violations += _given_up(plan, endings)
        emulators = [service.emulator for service in services]
        return Report(
            plan=plan,
            violations=violations,
            kinds=Counter(run.service.world.name.partition(":")[0] for run in runs),
            endings=endings,
            faults=sum((service.faults.met for service in services), Counter()),
            requests={
                operation: sum(each.count(operation) for each in emulators)
                for operation in OPERATIONS
            },
            jobs=sum(len(each.jobs) for each in emulators),
            connections=sum(each.connections for each in emulators),
            real_seconds=time.monotonic() - began,
            seconds=clock.monotonic(),
        )


def _serve(world: World, plan: Plan, clock: FastClock, stack: ExitStack) -> Service:
    emulator, faults = world.emulator(clock), CountedFaults(world)
    emulator.faults = faults
    stack.enter_context(emulator)
    client = Client(
        emulator.app_key,
        emulator.app_secret,
        endpoint=emulator.url,
        timeout=plan.timeout,
        clock=clock,
    )
    return Service(world, emulator, faults, stack.enter_context(client))


def _runs(plan: Plan, services: list[Service], directory: Path) -> list[Run]:
    generator = random.Random(plan.seed)
    sources, targets = directory / "in", directory / "out"
    sources.mkdir()
    runs = []
    for number in range(plan.runs):
        service, marker = generator.choice(services), f"run-{number}"
        content = marker.encode() + generator.randbytes(generator.randrange(FILE_BYTES))
        source, target = sources / f"{marker}.bin", targets / f"{marker}.bin"
        source.write_bytes(content)
        runs.append(Run(service, marker, source, target, content))
    return runs


async def _storm(plan: Plan, services: list[Service], runs: list[Run]) -> None:
    """Make all runs, as many at a time as planned; keep each one's error."""
    places = asyncio.Semaphore(plan.concurrency)
    loop = asyncio.get_running_loop()

    async def make(number: int, run: Run) -> None:
        async with places:
            try:
                if number % BLOCKING_SHARE == 0:
                    await loop.run_in_executor(threads, _run, run)
                else:
                    client = run.service.client
                    run.output = await client.async_run(WORKFLOW, run.input)
                    await run.output["copy"].async_save(run.target)
            except Exception as error:  # noqa: BLE001 - judged when the storm is over
                run.error = error

    with ThreadPoolExecutor(THREADS) as threads:
        await asyncio.gather(*(make(number, run) for number, run in enumerate(runs)))
        for service in services:
            await service.client.aclose()


def _run(run: Run) -> None:
    run.output = run.service.client.run(WORKFLOW, run.input)
    run.output["copy"].save(run.target)


def _settle(run: Run, jobs: list[Job]) -> list[str]:
    """Do what a run's error tells its user to do, and say what is wrong with the end."""
    if len(jobs) > 1:
        return [f"{run.marker}: {len(jobs)} jobs"]
    if run.error is not None:
        if not isinstance(run.error, SpeedPixException):
            return [f"{run.marker}: {run.error!r} is not the SDK's"]
        try:
            _follow(run, jobs)
        except PredictionError as error:
            return _ended_badly(run, error)
        except Exception as error:  # noqa: BLE001 - nothing may fail any more
            return [f"{run.marker}: after {run.error!r}: {error!r}"]
    if run.target.exists() != bool(jobs):
        return [f"{run.marker}: {len(jobs)} jobs, and yet: {run.ending}"]
    return []


def _ended_badly(run: Run, error: PredictionError) -> list[str]:
    """Say what is wrong with a run that failed: nothing, where all of its world do."""
    world, status = run.service.world, error.prediction and error.prediction.status
    if run.target.exists() or status != world.ending:
        return [f"{run.marker}: {status} with {error!r} in the world {world}"]
    if isinstance(run.error, PredictionError):
        run.ending = AS_DUE
    return []


def _follow(run: Run, jobs: list[Job]) -> None:
    """Get a run's output after its error, if the error says that there is one to be had."""
    what = type(run.error).__name__
    known: Prediction | None = getattr(run.error, "prediction", None)
    client = run.service.client
    if run.output is not None:
        run.ending = f"saved again after {what}"
    elif known is not None:
        run.ending = f"picked up again after {what}"
        run.output = client.predictions.get(known.id).wait().output
    elif not isinstance(run.error, SubmitOutcomeUnknownError):
        run.ending = f"not submitted: {what}"
        return
    elif jobs:
        run.ending = f"found in the console after {what}"
        run.output = client.predictions.get(jobs[0].id).wait().output
    else:
        run.ending = f"not in the console after {what}"
        return
    assert run.output is not None
    run.output["copy"].save(run.target)


def _half_written(runs: list[Run], directory: Path) -> list[str]:
    """Name every output file that is not whole, or that nobody asked for."""
    contents = {run.target: run.content for run in runs}
    return [
        f"{path.name} is not a run's whole output"
        for path in (directory / "out").rglob("*")
        if path.read_bytes() != contents.get(path)
    ]


def _given_up(plan: Plan, endings: Counter[str]) -> list[str]:
    """Complain when more runs ended in an error than the faults account for.

    Most faults of a run's one submit end it; of the other operations', few do. That is less
    than twice the rate, and chance is left as much again.
    """
    least = (1 - 3 * plan.rate) * plan.runs
    count = endings[AT_ONCE] + endings[AS_DUE]
    return [] if count >= least else [f"{count} ends at once are fewer than {least:.0f}"]


def main() -> int:
    """Run the soak as the command line says; 1 when anything was violated."""
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=plan.runs)
    parser.add_argument("--rate", type=float, default=plan.rate, help="share of faulty exchanges")
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--concurrency", type=int, default=plan.concurrency, help="runs at a time")
    parser.add_argument("--timeout", type=float, default=plan.timeout, help="real s an exchange")
    parser.add_argument("--speed", type=float, default=plan.speed, help="clock s a real second")
    options = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(prefix="speedpix-soak-") as directory:
        report = soak(Plan(**options), Path(directory))
    print(report)  # noqa: T201
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
