"""Numbers of docs/calibration.md; run by ``make docs``.

Usage: make_calibration.py TESTS FOLDER: the folder of the tests, which may read the truth, and the
folder for the results.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

TESTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
sys.path += [str(TESTS), str(TESTS.parent / "benchmarks")]

import balanced_workload as balanced  # noqa: E402
import truth  # noqa: E402
from waferloop import calibration, mapping, settings  # noqa: E402
from waferloop.chip import geometry  # noqa: E402
from waferloop.chip.parameters import PARAMETERS  # noqa: E402
from waferloop.experiment import store  # noqa: E402
from waferloop.mapping.parts import Usable  # noqa: E402
from waferloop.network import Network, Population, Projection  # noqa: E402

HICANNS = tuple(range(7, 384, 32))


def targets():
    """Spread of each parameter before and after, against rewrite noise; what is found defective."""
    rows, found = [], []
    default = settings.Substrate()
    for scale in (1.0, 1.6):
        section = replace(default, variation=replace(default.variation, scale=scale))
        start = time.process_time()
        results = [truth.calibrate(section, hicann) for hicann in HICANNS]
        seconds = (time.process_time() - start) / len(HICANNS)
        for parameter in PARAMETERS:
            spreads = np.array([truth.spreads(section, r, parameter) for r in results])
            before, after, floor = np.sqrt((spreads**2).mean(axis=0))
            factor = parameter.factor
            rows.append(
                {"scale": scale, "parameter": parameter.name, "unit": parameter.unit,
                 "before": round(before * factor, 4), "after": round(after * factor, 4),
                 "rewriting": round(floor * factor, 4), "ratio": round(after / floor, 2)}
            )  # fmt: skip
        result = calibration.join(results)
        dead = truth.dead(section, result.denmems)
        drivers = (np.array(HICANNS)[:, None] * geometry.DRIVERS_PER_HICANN
                   + np.arange(geometry.DRIVERS_PER_HICANN)).ravel()  # fmt: skip
        broken = truth.broken(section, drivers)
        found.append(
            {"scale": scale, "circuits": len(dead), "dead": int(dead.sum()),
             "dead_found": int((dead & ~result.usable).sum()),
             "good_given_up": int((~dead & ~result.usable).sum()),
             "drivers": len(drivers), "broken": int(broken.sum()),
             "drivers_judged_right": int((np.isin(drivers, result.drivers) != broken).sum()),
             "seconds_per_hicann_on_one_core": round(seconds, 1)}
        )  # fmt: skip
        print(*rows[-len(PARAMETERS) :], found[-1], sep="\n")
    store.write_csv(FOLDER / "targets.csv", rows)
    store.write_csv(FOLDER / "verdicts.csv", found)


def ring(count):
    """Populations of 1,000 that each project onto themselves and onto the next one, sparsely."""
    random = np.random.default_rng(0)
    names = [f"neurons_{n}" for n in range(count)]
    populations = [Population("stimulus", 300, "input")]
    populations += [Population(name, 1000, "hidden") for name in names]
    projections = [Projection("stimulus", names[0], random.random((300, 1000)) < 0.1)]
    for name, other in zip(names, np.roll(names, -1).tolist(), strict=True):
        for post, share in ((name, 0.05), (other, 0.03)):
            projections.append(Projection(name, post, random.random((1000, 1000)) < share))
    return Network(tuple(populations), tuple(projections))


def networks():
    """Networks placed on a wafer with the default share of defects."""
    rows = []
    every = [
        ("-".join(map(str, layers)), Network.dense(*layers), size)
        for layers, size in (
            ((100, 15, 15, 5), 4),
            ((100, 400, 400, 5), 4),
            ((784, 300, 100, 10), 8),
            ((784, 512, 512, 10), 8),
        )
    ]
    every += [
        ("784-(400 x 45)-10", Network.dense(784, *[400] * 45, 10), 8),
        ("balanced, 1,000 neurons", balanced.network(), 4),
        ("ring of 36 balanced, of 1,000", ring(36), 4),
    ]
    for name, network, size in every:
        start = time.perf_counter()
        region = mapping.region_size(network, size)
        _, hicanns, inputs = mapping.region(0, region)
        parts = calibration.of_hicanns(hicanns).parts
        random = np.random.default_rng(0)
        usable = Usable(
            parts.denmems[random.random(len(parts.denmems)) > 0.02],
            parts.drivers[random.random(len(parts.drivers)) > 0.01],
        )
        result = mapping.place(network, size, hicanns, inputs, usable)
        seconds = time.perf_counter() - start
        causes = {}
        for loss in result.losses:
            causes[loss.resource] = causes.get(loss.resource, 0) + loss.synapses
        used = len(np.unique(geometry.hicann_of(result.placement.denmems)))
        rows.append(
            {"network": name, "denmems_per_neuron": size, "hicanns_with_neurons": used,
             "hicanns_with_inputs": len(inputs),
             "synapses": network.synapses,
             "lost": sum(causes.values()),
             "causes": " ".join(f"{k}: {v}" for k, v in causes.items()),
             "seconds": round(seconds, 2)}
        )  # fmt: skip
        print(rows[-1])
    store.write_csv(FOLDER / "networks.csv", rows)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    networks()
    targets()
