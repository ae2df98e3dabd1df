"""Run a peer in processes of its own, side by side, each with some of the images."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Shares:
    """How the images are shared out.

    Attributes:
        processes: side by side, each on cores of its own if there are several.
        threads: of each.
        images: of each.
    """

    processes: int
    threads: int
    images: int

    def __str__(self):
        """Say it in words."""
        if self.processes > 1:
            threads = f" of {self.threads} threads" if self.threads > 1 else ""
            return f"{self.processes} processes{threads}, {self.images} images each"
        return f"{self.threads} thread{'s' * (self.threads > 1)}, {self.images} images"


def measured(python, script, work, shares):
    """What a peer reports; None, and its errors on the screen, if it fails.

    All processes begin once each is prepared; the slowest counts.

    Args:
        python: interpreter that has the peer.
        script: name of a file in ``peers``.
        work: file of the workload.
        shares: of the images.
    """
    running = []
    for number in range(shares.processes):
        first = number * shares.images
        some = map(str, (first, first + shares.images, shares.threads))
        command = [python, "-W", "ignore", PEERS / script, work, *some]
        process = Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
        if shares.processes > 1 and hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))[number * shares.threads :][: shares.threads]
            os.sched_setaffinity(process.pid, cores)
        running.append(process)
    for process in running:
        while (line := process.stdout.readline()) and line != "prepared\n":
            pass
    for process in running:
        # one that has failed is told of below
        with suppress(BrokenPipeError):
            process.stdin.write("\n")
            process.stdin.flush()
    told = [process.communicate() for process in running]
    if any(process.returncode for process in running):
        print(f"{script}: failed\n{max((errors for _, errors in told), key=len)[-2000:]}")
        return None
    rows = [json.loads(output.splitlines()[-1]) for output, _ in told]
    rates = zip(*(row["rates"] for row in rows), strict=True)
    return rows[0] | {
        "settings": f"{rows[0]['settings']}, {shares}",
        "times_real_time": shares.processes * min(row["times_real_time"] for row in rows),
        "with_start": shares.processes * min(row["with_start"] for row in rows),
        "rates": [round(sum(layer) / len(layer), 2) for layer in rates],
    }
