"""How far a workflow is: what its jobs have measured, and how long the rest will take.

The state is made from what Snakemake tells of its jobs and from the files that these have written;
nothing here prints (``snakemake_logger_plugin_waferloop`` does) or changes a file.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from waferloop.analysis.statistics import percentiles
from waferloop.experiment import archive, files

STEPS = {
    "dataset": "data",
    "software": "software",
    "answering": "calibration",
    "calibrate_hicann": "calibration",
    "calibration": "calibration",
    "wafer_table": "calibration",
    "mapping": "mapping",
    "conversion": "conversion",
    "first_checkpoint": "conversion",
    "evaluation": "evaluation",
    "iterate": "loop",
    "final": "loop",
    "loop_table": "loop",
    "activation": "curves and traces",
    "traces": "curves and traces",
    "finite_differences": "true gradients",
    "estimates": "true gradients",
    "figure": "figures and report",
    "summary": "figures and report",
    "manifest": "figures and report",
    "html_report": "figures and report",
    "sweep_table": "figures and report",
    "sweep_report": "figures and report",
}
"""Step that people think in, by rule; targets have no job of their own."""
SECONDS = {
    "software": 7.0, "answering": 5.0, "calibrate_hicann": 9.0, "conversion": 6.0,
    "evaluation": 5.0, "final": 5.0, "activation": 4.0, "figure": 3.0, "finite_differences": 120.0,
}  # fmt: skip
"""Wall time of a job before any of its kind is done, on one core; corrected by those that are."""
OTHER_SECONDS, ITERATION_SECONDS = 1.5, 0.6
LISTED, VARIANTS = 4, 20
"""Loops that a line tells one by one; variants of a sweep that have a line each."""


@dataclass(frozen=True, eq=False)
class Started:
    """A job under way.

    Attributes:
        rule: that it is of.
        what: it does, in words.
        where: its wildcards.
        outputs: paths.
        before: iteration that the job of a loop starts from.
        since: when it started (s since the epoch).
        share: of its wall time, that is its own; less than 1 where jobs are submitted together.
    """

    rule: str
    what: str
    where: dict[str, str]
    outputs: tuple[str, ...]
    before: int = 0
    since: float = 0.0
    share: float = 1.0

    @property
    def last(self) -> int:
        """Iteration that the job of a loop ends with."""
        return int(self.where.get("iteration", 0))

    @property
    def iterations(self) -> int:
        """How many the job of a loop makes."""
        return self.last - self.before if self.rule == "iterate" else 0

    @property
    def run(self) -> str:
        """The run that it is for, and the variant of a sweep that this is of."""
        variant = self.where.get("experiment", "").partition("/sweep/")[2]
        return f"{variant} run {self.where['run']}".lstrip() if "run" in self.where else variant


@dataclass(frozen=True)
class At:
    """Where the loop of a run is.

    Attributes:
        iteration: that is done.
        accuracy: on its batch, if one was measured.
        seconds: that it took.
    """

    iteration: int
    accuracy: float | None = None
    seconds: float = 0.0


@dataclass
class Progress:
    """What is done and what is left.

    Attributes:
        totals: jobs by rule.
        began: when the first job could start (s since the epoch).
        iterations: of the loop, by experiment.
        per_job: iterations of a job of the loop that has not started.
    """

    totals: Counter[str]
    began: float
    iterations: dict[str, int] = field(default_factory=dict)
    per_job: int = 1

    def __post_init__(self) -> None:
        self.running: dict[int, Started] = {}
        self.loops: dict[int, At] = {}
        self.done: Counter[str] = Counter()
        self._seconds: dict[str, float] = defaultdict(float)
        self._accuracies: dict[str, list[float]] = {}
        self._percent = 0

    def start(self, number: int, job: Started) -> None:
        """A job has started, or was submitted."""
        self.running[number] = job

    def finish(self, number: int, now: float) -> list[str]:
        """A job is done.

        Returns:
            What is to be said: a step that is done with it, or what a run has reached.
        """
        job = self.running.pop(number, None)
        at = self.loops.pop(number, None)
        if job is None:
            return []
        self.done[job.rule] += 1
        if job.rule == "iterate":
            # the last iteration's may not have been looked at
            at = at or reached(job)
            self._seconds["iterations"] += job.iterations
        self._seconds[job.rule] += (now - job.since) * job.share
        said = []
        accuracy = accuracy_of(job)
        if accuracy is not None:
            self._accuracies.setdefault(job.where.get("state", job.rule), []).append(accuracy)
            if job.rule == "final" and 1 < self.totals["final"] <= 2 * LISTED:
                said.append(f"{job.run}: {right(accuracy)} of the test set after the loop")
        if job.rule == "summary" and 1 < self.totals["summary"] <= VARIANTS:
            told = variant(job)
            said += [f"{told}; {self.done['summary']} of {self.totals['summary']}"] if told else []
        if not job.outputs:
            # a target
            return said
        step = STEPS.get(job.rule, job.rule)
        done, total = self.of_step(step)
        if done >= total:
            said.append(f"{step}: done{self._told(step)}")
        return said

    def fail(self, number: int) -> Started | None:
        """A job has failed; what it was."""
        self.loops.pop(number, None)
        return self.running.pop(number, None)

    def look(self) -> None:
        """Read how far the loops under way are."""
        for number, job in self.running.items():
            if job.iterations:
                known = self.loops.get(number)
                at = reached(job, known.iteration if known else -1)
                if at:
                    self.loops[number] = at

    def left(self, now: float) -> float | None:
        """Time that the rest will take (s), from the time that jobs have taken.

        None: no job is done yet.
        """
        if not self._seconds:
            return None
        work, longest = self._work(now)
        together = self._busy(now) / max(now - self.began, 1e-9)
        return max(work / max(together, 1.0), longest)

    def percent(self, now: float) -> int:
        """Share of all work that is done; it never falls."""
        busy = self._busy(now)
        share = busy / max(busy + self._work(now)[0], 1e-9) if self._seconds else 0.0
        self._percent = max(self._percent, 100 if self.whole else min(int(100 * share), 99))
        return self._percent

    @property
    def whole(self) -> bool:
        """Whether all jobs are done."""
        return self.done.total() >= self.totals.total()

    def ending(self) -> str:
        """What is to be said when no more jobs are started."""
        if self.whole:
            return "done"
        return f"stopped; {self.done.total()} of {self.totals.total()} jobs are done"

    def under_way(self) -> str:
        """What runs, in a line: loops one by one, or their range; of other steps, how many jobs."""
        parts = []
        loops = self.loops_under_way()
        if len(loops) > LISTED:
            iterations = [at.iteration for at in loops.values()]
            told = f"loop: {len(loops)} runs at iteration {min(iterations)} to {max(iterations)}"
            accuracies = [at.accuracy for at in loops.values() if at.accuracy is not None]
            batch = f", batches {right(median(accuracies))}" if accuracies else ""
            parts.append(f"{told} of {max(map(self.last, loops))}{batch}")
        elif loops:
            parts.append("loop: " + ", ".join(self._loop(job, at) for job, at in loops.items()))
        steps = dict.fromkeys(STEPS.get(job.rule, job.rule) for job in self.running.values())
        for step in steps:
            if step != "loop" or not loops:
                done, total = self.of_step(step)
                parts.append(f"{step} {done} of {total}")
        return "; ".join(parts)

    def _loop(self, job: Started, at: At) -> str:
        told = f"{job.run} iteration {at.iteration} of {self.last(job)}"
        return told if at.accuracy is None else f"{told} (batch {right(at.accuracy)})"

    def loops_under_way(self) -> dict[Started, At]:
        """Where the loop of each run is; of its jobs that were submitted together, the first."""
        found: dict[tuple[str, str], tuple[Started, At]] = {}
        for number, job in self.running.items():
            if job.iterations:
                at = self.loops.get(number, At(job.before))
                known = found.setdefault((job.where.get("experiment", ""), job.run), (job, at))
                if job.before < known[0].before:
                    found[job.where.get("experiment", ""), job.run] = job, at
        return dict(found.values())

    def last(self, job: Started) -> int:
        """Last iteration of the loop that a job is of."""
        return self.iterations.get(job.where.get("experiment", ""), job.last)

    def of_step(self, step: str) -> tuple[int, int]:
        """Jobs of a step that are done, and all of them."""
        rules = [rule for rule in self.totals if STEPS.get(rule, rule) == step]
        return sum(self.done[rule] for rule in rules), sum(self.totals[rule] for rule in rules)

    def _told(self, step: str) -> str:
        """Accuracies that a step has come to."""
        names = {
            "software": {"software": "in software"},
            "evaluation": {"uncalibrated": "not calibrated", "converted": "converted"},
            "loop": {"final": "after the loop"},
        }.get(step, {})
        found = [
            f"{words} {_range(self._accuracies[key])}"
            for key, words in names.items()
            if key in self._accuracies
        ]
        return f"; test set {', '.join(found)}" if found else ""

    def _busy(self, now: float) -> float:
        """Wall time of all jobs so far, those under way with it."""
        done = sum(seconds for rule, seconds in self._seconds.items() if rule != "iterations")
        return done + sum((now - job.since) * job.share for job in self.running.values())

    def _work(self, now: float) -> tuple[float, float]:
        """Wall time of all jobs that are left (s), and of the longest under way."""
        typical = sum(self._typical(rule) * n for rule, n in self.done.items() if rule != "iterate")
        measured = sum(self._seconds[rule] for rule in self.done if rule != "iterate")
        pace = measured / typical if typical else 1.0
        iteration = self._iteration(pace)

        def cost(rule: str) -> float:
            return (
                self._seconds[rule] / self.done[rule]
                if self.done[rule]
                else self._typical(rule) * pace
            )

        under_way = Counter(job.rule for job in self.running.values())
        work, longest = 0.0, 0.0
        for rule, total in self.totals.items():
            waiting = max(total - self.done[rule] - under_way[rule], 0)
            work += waiting * (iteration * self.per_job if rule == "iterate" else cost(rule))
        for number, job in self.running.items():
            if job.iterations:
                at = self.loops.get(number, At(job.before)).iteration
                rest = max(job.last - max(at, job.before), 0) * iteration
            else:
                rest = max(cost(job.rule) - (now - job.since) * job.share, 0.0)
            work, longest = work + rest, max(longest, rest)
        return work, longest

    def _iteration(self, pace: float) -> float:
        """Wall time of an iteration: as measured, or as typical (s)."""
        measured = [at.seconds for at in self.loops.values()]
        if measured:
            return median(measured)
        if self._seconds["iterations"]:
            return self._seconds["iterate"] / self._seconds["iterations"]
        return ITERATION_SECONDS * pace

    @staticmethod
    def _typical(rule: str) -> float:
        return SECONDS.get(rule, OTHER_SECONDS) if rule in STEPS else 0.0


def _range(values: list[float]) -> str:
    """Median and percentiles, as everywhere."""
    if len(values) == 1:
        return right(values[0])
    middle, low, high = percentiles(values).values()
    return f"{right(middle)} ({100 * low:.1f} ... {100 * high:.1f})"


def right(share: float) -> str:
    """An accuracy for people."""
    return f"{100 * share:.1f} % right"


def shares(rules: Sequence[str]) -> list[float]:
    """Shares of the wall time of jobs that are submitted together and run one after the other."""
    weights = [SECONDS.get(rule, 30.0 if rule == "iterate" else OTHER_SECONDS) for rule in rules]
    return [weight / sum(weights) for weight in weights]


def first_iteration(inputs: Sequence[str]) -> int:
    """Iteration of the checkpoint that the job of a loop starts from."""
    for path in inputs:
        try:
            place = files.place(path)
        except KeyError:
            continue
        if place.name == "checkpoint":
            return int(dict(place.where)["iteration"])
    return 0


def reached(job: Started, known: int = -1) -> At | None:
    """Where a loop is, from what its job has written since it started, file after file.

    Args:
        job: of the loop.
        known: iteration of which it is known already; None if there is none after it.
    """
    folder = Path(job.outputs[0]).parents[1] / "iterations"
    first = last = max(known, job.before)
    try:
        for iteration in count(first + 1):
            path = folder / f"{iteration:04d}.npz"
            if not path.exists():
                break
            if path.stat().st_mtime >= job.since:
                last = iteration
            elif last > job.before:
                # of an earlier job, and not yet written anew
                break
        if last == first:
            return None
        arrays = archive.read(folder / f"{last:04d}.npz", only="metrics")
        told: dict[str, Any] = json.loads(str(arrays["metrics"]))
        return At(last, told["batch_accuracy"], told["seconds"])
    except (OSError, archive.Damaged, KeyError, ValueError):
        return None


def accuracy_of(job: Started) -> float | None:
    """Accuracy on the test set that a job has written, if it has."""
    try:
        if job.rule in ("evaluation", "final"):
            # what is only shown need not prove that it is whole
            return float(archive.read(Path(job.outputs[0]), only="accuracy")["accuracy"])
        if job.rule == "software":
            last = Path(job.outputs[1]).read_text().splitlines()[-1]
            return float(last.rpartition(",")[2])
    except (OSError, archive.Damaged, KeyError, IndexError, ValueError):
        pass
    return None


def variant(job: Started) -> str:
    """What a variant of a sweep has come to, from its summary; empty: it is of no sweep."""
    if not job.run:
        return ""
    try:
        found = json.loads(Path(job.outputs[0]).read_text())
        before, after = (found[state]["median"] for state in ("converted", "in_the_loop"))
    except (OSError, ValueError, KeyError):
        return ""
    return f"{job.run}: test set converted {right(before)}, after the loop {right(after)}"


def cause(logs: Sequence[str]) -> str:
    """Why a job failed, in one line; empty: its logs do not say.

    Args:
        logs: paths, the most telling first.
    """
    for path in logs:
        try:
            lines = Path(path).read_text(errors="replace").splitlines()
        except OSError:
            continue
        lines = [line.strip() for line in lines if line.strip()]
        told = [line for line in lines if "error: " in line or line.startswith("interrupted")]
        if told:
            return told[-1][max(told[-1].find("error: "), 0) :]
        if any(line.startswith("Traceback") for line in lines):
            return f"error: {lines[-1]}"
    return ""


def clock(seconds: float) -> str:
    """Elapsed time: ``4:10`` or ``1:04:10``."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


def about(seconds: float) -> str:
    """A time that nobody knows exactly."""
    if seconds < 60:
        return "less than a minute"
    if seconds < 100 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
