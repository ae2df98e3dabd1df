"""What a dry run would do, as one line for each rule."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

WORDS = {
    "Missing output files": "not there yet",
    "Updated input files": "its input is newer",
    "Input files updated by another job": "follows from others",
    "Params have changed since last execution": "settings, data or code changed",
    "Forced execution": "asked for",
    "Incomplete output files": "was interrupted",
}
"""Reasons of Snakemake, by how they begin."""


@dataclass
class Plan:
    """Jobs that a dry run tells.

    Attributes:
        totals: by rule, in the order in which they can be done.
    """

    totals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._jobs: dict[str, list[str]] = {}
        self._why: dict[str, Counter[str]] = {}

    def add(self, told: dict[str, Any]) -> None:
        """A job, as Snakemake tells it."""
        rule = told["rule_name"]
        self._jobs.setdefault(rule, []).append(told["rule_msg"] or "")
        first = str(told["reason"]).partition(";")[0].partition(":")[0].strip()
        words = next((text for start, text in WORDS.items() if first.startswith(start)), first)
        self._why.setdefault(rule, Counter())[words] += 1

    def lines(self) -> list[str]:
        """The plan: how many jobs of each rule, what the first one does, and why."""
        jobs = sum(self.totals.values())
        found = [f"{jobs} job{'s' * (jobs != 1)} would be run"]
        width = max(map(len, self.totals), default=0)
        for rule, number in self.totals.items():
            whats = sorted(filter(None, self._jobs.get(rule, [])))
            what = f"{whats[0]}{', ...' * (len(whats) > 1)}" if whats else ""
            why = ", ".join(words for words, _ in self._why.get(rule, Counter()).most_common(2))
            # with --quiet rules, Snakemake tells no more than numbers
            target = "target, no work of its own" if self._jobs else ""
            told = f"{what} ({why})" if what else target
            found.append(f"{number:6}  {rule:{width}}  {told}".rstrip())
        return found
