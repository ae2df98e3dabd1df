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
sys.path.append(str(TESTS))

import truth  # noqa: E402
from waferloop import calibration, mapping, settings  # noqa: E402
from waferloop.chip import geometry  # noqa: E402
from waferloop.chip.parameters import PARAMETERS  # noqa: E402
from waferloop.experiment import store  # noqa: E402
from waferloop.network import Network  # noqa: E402

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


def networks():
    """Networks placed on a wafer with the default share of defects."""
    rows = []
    for layers, size in (
        ((100, 15, 15, 5), 4),
        ((100, 400, 400, 5), 4),
        ((784, 300, 100, 10), 8),
        ((784, 512, 512, 10), 8),
        ((784, *[400] * 45, 10), 8),
    ):
        start = time.perf_counter()
        region = mapping.region_size(Network.dense(*layers), size)
        _, hicanns, inputs = mapping.region(0, region)
        parts = calibration.of_hicanns(hicanns).parts
        random = np.random.default_rng(0)
        usable = mapping.Usable(
            parts.denmems[random.random(len(parts.denmems)) > 0.02],
            parts.drivers[random.random(len(parts.drivers)) > 0.01],
        )
        result = mapping.place(Network.dense(*layers), size, hicanns, inputs, usable)
        seconds = time.perf_counter() - start
        causes = {}
        for loss in result.losses:
            causes[loss.resource] = causes.get(loss.resource, 0) + loss.synapses
        used = len(np.unique(geometry.hicann_of(result.placement.denmems)))
        name = "-".join(map(str, layers)) if len(layers) < 6 else "784-(400 x 45)-10"
        rows.append(
            {"network": name, "denmems_per_neuron": size, "hicanns_with_neurons": used,
             "hicanns_with_inputs": len(inputs),
             "synapses": sum(sites.size for sites in result.placement.sites),
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
