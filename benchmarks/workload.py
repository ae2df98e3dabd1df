"""Workload W: the network that all simulators integrate, with the same spikes in.

100 Poisson inputs of at most 50 Hz (60 % of them silent) onto 15, 15 and 5 conductance-based
neurons, all-to-all with signed Gaussian weights, 1 s per image at dt = 0.1 ms. The ideal wafer (no
variation, no losses, a fixed delay of 0.8 ms) is programmed with it; the peers get the values that
were written.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
from peers.common import CM, DELAY, DT, LAYERS
from waferloop import backends, calibration, coding, conversion, mapping
from waferloop.chip import datasheet
from waferloop.chip.parameters import INPUT_GAINS, PARAMETERS, V_GMAX, Voltage
from waferloop.network import Network
from waferloop.settings import Defects, Encoding, Links, Neuron, Substrate
from waferloop.substrate import SpikeTrains
from waferloop.wafer.machine import _part, task_size

PRESENTATION = Encoding(rate_max=50.0, duration=900.0, pause=100.0)
WINDOW = PRESENTATION.duration + PRESENTATION.pause
GMAX_DIV = 4
V_GMAX_CODE = 205
NEURON = Neuron(
    v_rest=-65.0, v_reset=-65.0, v_thresh=-50.0, e_rev_E=0.0, e_rev_I=-90.0,
    tau_m=20.0, tau_syn_E=5.0, tau_syn_I=5.0, tau_refrac=1.0,
)  # fmt: skip
DEFAULT = Substrate(neuron=NEURON)
"""The default wafer, with this workload's neurons."""


def ideal(section=DEFAULT):
    """Section ``substrate`` without any imperfection but a delay."""
    return replace(
        section,
        variation=replace(section.variation, scale=0.0, saturation=0.0),
        defects=Defects(0.0, 0.0, 0.0, 0.0),
        links=Links(*[0.0] * 7, delay=DELAY, jitter=0.0),
    )


def weights(layers):
    """Signed Gaussian weights in 4 bits, weaker where there are more of them."""
    random = np.random.default_rng(1)
    drawn = []
    for pre, post in pairwise(layers):
        strength = 2.8 if pre == layers[0] else 1.7
        drawn.append(random.normal(0.45, 1.0, (pre, post)) * strength * pre**-0.5)
    return conversion.quantise([np.clip(w, -1, 1) for w in drawn], datasheet.WEIGHT_BITS)


def stimulus(images, sources=LAYERS[0], rate_max=PRESENTATION.rate_max, duration=900.0):
    """Spikes of some images, on the grid, at most one per source and step."""
    random = np.random.default_rng(0)
    pixels = np.where(
        random.random((images, sources)) < 0.6, 0, random.random((images, sources))
    ).astype(np.float32)
    encoder = coding.encoder(replace(PRESENTATION, rate_max=rate_max, duration=duration))
    trains = encoder.encode(pixels, 1, ("benchmark",))
    # peers take no spikes before the second step
    step = np.maximum(np.rint(trains.times / DT), 2).astype(int)
    image, step, address = np.unique(
        np.stack([trains.presentation, step, trains.addresses]), axis=1
    )
    indptr = np.searchsorted(image, np.arange(images + 1))
    return SpikeTrains(step * DT, address.astype(np.int32), indptr, trains.labels)


def placed(layers=LAYERS, denmems=4, neuron=NEURON):
    """The whole network on the wafer, as documented: placement and circuits."""
    network = Network.dense(*layers)
    neurons, inputs = mapping.region_size(network, denmems)
    chips = np.arange(neurons)
    documented = calibration.of_hicanns(chips)
    others = neurons + np.arange(inputs)
    placement = mapping.place(network, denmems, chips, others, documented.parts).placement
    # peers would integrate another network
    assert all((sites >= 0).all() for sites in placement.sites)
    codes = calibration.codes_for(documented, placement.denmems, neuron)
    v_gmax = conversion.v_gmax(V_GMAX_CODE, neuron)
    gains = conversion.Gains(v_gmax, (GMAX_DIV,) * (len(layers) - 1))
    return placement, gains.program(codes)


def connected(section, layers=LAYERS, threads=1, denmems=4, neuron=NEURON):
    """The wafer of a section ``substrate`` with the network on it, and what was written.

    Returns:
        Substrate, conductances in nS at cm = 200 pF [pre, post] per projection, values of the
        neuron's parameters (biological mV and ms).
    """
    placement, circuits = placed(layers, denmems, neuron)
    codes = circuits.codes
    substrate = backends.connect(section, placement, (0, 0), threads)
    substrate.program(circuits)
    written_weights = weights(layers)
    substrate.write_weights(written_weights)
    per_pf = CM / (denmems * datasheet.C_DENMEM_PF * datasheet.SPEEDUP)
    gains = [
        datasheet.row_gain(V_GMAX.nominal_value(code), GMAX_DIV)
        * gain.nominal_value(codes[gain.name][0, 0])
        * per_pf
        for gain, code in zip(INPUT_GAINS, circuits.v_gmax, strict=True)
    ]
    conductances = [
        datasheet.weight_conductance(np.abs(w)) * np.where(w > 0, *gains) * np.sign(w)
        for w in written_weights
    ]
    return substrate, conductances, values(circuits)


def integration(substrate, trains, threads):
    """Integration alone: input events delivered before, spikes not sent back.

    Returns:
        Seconds; spikes of each layer.
    """
    kernel, circuit, images = substrate._kernel, substrate._circuit, len(trains.labels)
    size = task_size(images, kernel.PRESENTATIONS, threads)
    parts = [_part(trains, first, first + size) for first in range(0, images, size)]
    sent = [(substrate._arriving(part, WINDOW), part.labels) for part in parts]
    steps, each = round(WINDOW / DT), max(1, threads // len(sent))
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda part: kernel.integrate(circuit, *part, steps, each), sent))
    seconds = time.perf_counter() - begin
    layers = range(len(circuit.layers))
    return seconds, [sum(len(part[n].step) for part in found) for n in layers]


def values(circuits):
    """What was written to neurons that are all alike (biological mV and ms)."""
    codes = circuits.codes
    written = {p.name: float(p.nominal_value(codes[p.name])[0, 0]) for p in PARAMETERS}
    for p in PARAMETERS:
        if isinstance(p, Voltage):
            written[p.name] = float(datasheet.to_biological_mv(written[p.name]))
    return written


def hold(substrate, written):
    """Have membranes held for whole steps from the end of a spike's step on, as in other tools."""
    released = round(written["I_pl"] / DT) + 1
    circuit = substrate._circuit
    layers = (replace(y, release=np.full_like(y.release, released)) for y in circuit.layers)
    substrate._circuit = replace(circuit, layers=tuple(layers))


def nest_neuron(written, step=DT):
    """Parameters of NEST's ``iaf_cond_exp``, in steps of so many ms."""
    return {
        "C_m": CM,
        "g_L": CM / written["I_gl"],
        "E_L": written["E_l"],
        "V_th": written["V_t"],
        "V_reset": written["V_reset"],
        "V_m": written["E_l"],
        "E_ex": written["E_synx"],
        "E_in": written["E_syni"],
        "tau_syn_ex": written["V_syntcx"],
        "tau_syn_in": written["V_syntci"],
        "t_ref": round(written["I_pl"] / step) * step,
    }


def save(path, images, layers=LAYERS, denmems=4):
    """Write the workload to a file for the peers."""
    _, conductances, written = connected(ideal(), layers, 1, denmems)
    trains = stimulus(images, layers[0])
    neuron = {p.pynn: written[p.name] for p in PARAMETERS if p.pynn}
    neuron["tau_refrac"] = round(written["I_pl"] / DT) * DT
    np.savez(
        path,
        step=np.rint((trains.times + DELAY) / DT).astype(int),
        source=trains.addresses,
        indptr=trains.indptr,
        names=np.array(list(neuron)),
        values=np.array(list(neuron.values())),
        **{f"g{n}": g for n, g in enumerate(conductances)},
    )


if __name__ == "__main__":
    save(sys.argv[1], int(sys.argv[2]))
