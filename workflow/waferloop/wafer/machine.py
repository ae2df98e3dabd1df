"""The emulated wafer behind the ``Substrate`` protocol."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.chip import datasheet, geometry
from waferloop.errors import UserError
from waferloop.seeds import Key, bits, uniform
from waferloop.substrate import (
    NeuronCodes,
    Placement,
    Recording,
    SpikeTrains,
    Trace,
    check_weights,
)
from waferloop.wafer import layering, links, neuron, readout, synapse
from waferloop.wafer.kernels import STEEPEST, UNIT, Circuit, Events, Kernel, Layer, release
from waferloop.wafer.variation import key, normal
from waferloop.wafer.written import written as written_values

F32 = np.float32


class EmulatedWafer:
    """A wafer with a placed network (implements ``waferloop.substrate.Substrate``).

    Args:
        wafer: section ``substrate`` of the settings: which one, and how well it was made.
        placement: circuits and synapses in use.
        write: names the next write of the floating gates: the same name lands on the same analog
            values, so a later process finds the machine as an earlier one left it.
        kernel: integrates.
        threads: to run on; results do not depend on it.
    """

    def __init__(
        self,
        wafer: settings.Substrate,
        placement: Placement,
        write: tuple[int, ...],
        kernel: Kernel,
        threads: int = 1,
    ) -> None:
        self._wafer = wafer
        self._placement = placement
        self._write = write
        self._dt = wafer.dt
        self._kernel = kernel
        self._threads = threads
        self._neurons: neuron.NeuronTruth
        self._strengths: list[NDArray[np.float64]] = []
        self._circuit: Circuit | None = None
        self._noise = key(wafer.wafer, "links", *write)
        ways = wafer.links
        self._delays = links.delays(ways)
        on = geometry.hicann_of(placement.denmems[:, 0])
        self._input = self._port(placement.links, ways.input_loss, ways.input_rate, self._noise)
        _check_addresses(placement.links)
        self._output = self._port(
            on, ways.recording_loss, ways.recording_rate, key(wafer.wafer, "recording", *write)
        )
        blocks, block = np.unique(
            geometry.neuron_block(placement.denmems[:, 0]), return_inverse=True
        )
        works = np.ones(len(blocks), bool)
        same = np.zeros(len(blocks), np.int64)
        self._bus = links.Port(
            block, works, ways.internal_loss, ways.internal_rate, self._noise, same, 0.0
        )
        adc = wafer.variation.scale * 1e-3 * wafer.variation.adc_offset
        self._readout_offset = adc * normal(key(wafer.wafer, "adc offset"), placement.denmems[:, 0])
        # one neuron after the other is traced under the same stimulus: all are recorded at once
        self._seen: tuple[SpikeTrains, float, NDArray[np.float64], NDArray[np.float64]] | None
        self._seen = None

    def program(self, circuits: NeuronCodes) -> None:
        """Write all analog parameters; the wafer's rewrite noise falls anew for each write."""
        written = self._write
        self._write = (*written[:-1], written[-1] + 1)
        found = written_values(self._wafer, self._placement, circuits, written)
        self._neurons, self._strengths = found.neurons, found.strengths
        self._circuit = None

    def write_weights(self, weights: list[NDArray[np.int8]]) -> None:
        """Write signed weights, exactly."""
        check_weights(weights, self._placement, self._wafer.weight_bits)
        if not self._strengths:
            raise UserError("program the neurons before writing weights")
        self._circuit = self._build(self._neurons, weights)
        self._seen = None

    def run(self, stimulus: SpikeTrains, duration: float, times: bool = False) -> Recording:
        """Present a batch; count the spikes that come back."""
        circuit = self._ready()
        steps = round(duration / self._dt)
        batch = len(stimulus.labels)
        size = task_size(batch, self._kernel.PRESENTATIONS, self._threads)
        # presentations that are fewer than threads have several each
        each = max(1, self._threads // -(-batch // size))

        def present(first: int) -> tuple[NDArray[np.int32], SpikeTrains | None]:
            part = _part(stimulus, first, first + size)
            arriving = self._arriving(part, duration)
            streams = self._streams(part.labels)
            fired = self._kernel.integrate(circuit, arriving, streams, steps, each)
            counts, came = self._kernel.record(fired, self._output, part.labels, duration)
            return counts, self._recorded(fired, came, part.labels) if times else None

        with ThreadPoolExecutor(self._threads) as pool:
            done = list(pool.map(present, range(0, batch, size)))
        spikes = [recorded for _, recorded in done if recorded]
        counts = np.concatenate([c for c, _ in done])
        every = SpikeTrains.joined(spikes) if times else None
        return Recording(counts, every, self._placement.network)

    def trace(self, neuron: int, stimulus: SpikeTrains, duration: float) -> Trace:
        """Record one membrane through the ADC."""
        if self._seen is None or self._seen[0] is not stimulus or self._seen[1] != duration:
            self._seen = (stimulus, duration, *self._traces(stimulus, duration))
        times, volts = self._seen[2:]
        return Trace(times, volts[neuron])

    def _traces(
        self, stimulus: SpikeTrains, duration: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        circuit, truth, variation = self._ready(), self._neurons, self._wafer.variation
        steps = round(duration / self._dt)
        arriving = self._arriving(stimulus, duration)
        streams = self._streams(stimulus.labels)
        u = self._kernel.probe(circuit, arriving, streams, steps, self._threads)
        through = readout.Readout(
            truth.V_reset,
            truth.swing,
            self._readout_offset,
            self._noise ^ self._placement.denmems[:, 0].astype(np.uint64),
            variation.scale * variation.adc_noise * 1e-3,
        )
        return readout.sample(u, self._dt, stimulus.labels, through)

    def _streams(self, labels: NDArray[np.uint64]) -> NDArray[np.uint64]:
        # kernels combine them with numbers of spikes: what is not scrambled would meet again
        return bits(self._noise, labels)

    def _ready(self) -> Circuit:
        if self._circuit is None:
            raise UserError("program the neurons and write the weights before running")
        return self._circuit

    def _build(self, truth: neuron.NeuronTruth, weights: list[NDArray[np.int8]]) -> Circuit:
        dt, wafer, placement = self._dt, self._wafer, self._placement
        unit = UNIT * dt
        a = unit / truth.tau_m
        # all potentials count from the inhibitory reversal potential
        e_inh = truth.normalised(truth.E_syni)
        rest = truth.normalised(truth.E_l) - e_inh
        constants = np.array(
            [
                a,
                a * rest,
                truth.normalised(truth.E_synx) - e_inh,
                1 - e_inh,
                -e_inh,
                np.exp(-dt / truth.tau_syn_E),
                np.exp(-dt / truth.tau_syn_I),
                np.minimum(
                    synapse.limit(wafer.variation, truth.capacitance) * unit,
                    (UNIT * STEEPEST - a) / 2,
                ),
            ]
        )
        hicann = geometry.hicann_of(placement.denmems)
        dead = uniform(key(wafer.wafer, "dead denmem"), placement.denmems) < wafer.defects.denmem
        dead |= synapse.dead_hicanns(hicann, wafer.defects, wafer.wafer)
        silent: NDArray[np.bool_] = np.any(dead, axis=1)
        constants[:5, silent] = np.array([0, 0, 0, 1, 0])[:, None]
        constants = constants.astype(F32)
        start = np.where(silent, 0, np.minimum(rest, 0.999 - e_inh)).astype(F32)
        layers = []
        for heard in layering.heard(placement.network):
            neurons = heard.neurons
            made = {
                number: self._synapses(number, weights[number], truth, silent)
                for number in heard.projections
            }
            released = release(truth.tau_refrac[neurons] / dt)
            layers.append(
                Layer(constants[:, neurons], start[neurons], released, heard.weights(made),
                      heard.rows)
            )  # fmt: skip
        delays = np.rint(self._delays / dt).astype(np.int32)
        return Circuit(tuple(layers), delays, self._bus, dt)

    def _synapses(
        self,
        number: int,
        weights: NDArray[np.int8],
        truth: neuron.NeuronTruth,
        silent: NDArray[np.bool_],
    ) -> NDArray[np.float32]:
        """What spikes of a projection add to gE and gI [pre, 2, post]."""
        post = self._placement.post(number)
        documented = datasheet.as_documented(weights, self._wafer.weight_bits)
        step = synapse.conductance(documented, self._strengths[number])
        # nS / pF = 1 / (hardware ms)
        per_dt = step / truth.capacitance[post] / datasheet.SPEEDUP * (UNIT * self._dt)
        per_dt[0] *= neuron.mean_over_step(truth.tau_syn_E[post], self._dt)
        per_dt[1] *= neuron.mean_over_step(truth.tau_syn_I[post], self._dt)
        per_dt[:, :, silent[post]] = 0
        return np.ascontiguousarray(per_dt.transpose(1, 0, 2), dtype=F32)

    def _port(
        self, hicanns: NDArray[np.int64], loss: float, capacity: float, noise: Key
    ) -> links.Port:
        used, link = np.unique(hicanns, return_inverse=True)
        dead = synapse.dead_hicanns(used, self._wafer.defects, self._wafer.wafer)
        _, group = np.unique(geometry.reticle_of(used), return_inverse=True)
        return links.Port(link, ~dead, loss, capacity, noise, group, self._wafer.links.fpga_rate)

    def _arriving(self, stimulus: SpikeTrains, duration: float) -> Events:
        return self._kernel.deliver(stimulus, self._input, self._delays, self._dt, duration)

    def _recorded(
        self, fired: list[Events], came: list[NDArray[np.bool_]], labels: NDArray[np.uint64]
    ) -> SpikeTrains:
        presentation, step, source = (
            np.concatenate([getattr(f, field)[c] for f, c in zip(fired, came, strict=True)])
            for field in ("presentation", "step", "source")
        )
        order = np.lexsort((source, step, presentation))
        sizes = np.bincount(presentation, minlength=len(labels))
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        return SpikeTrains((step[order] + 1) * self._dt, source[order], indptr, labels)


def task_size(batch: int, most: int, threads: int) -> int:
    """Presentations per task, at most so many, that keep all threads busy to the end."""
    tasks = threads * -(-batch // (threads * most))
    return -(-batch // tasks)


def _check_addresses(hicanns: NDArray[np.int64]) -> None:
    room = geometry.INPUT_BUSES_PER_HICANN * geometry.ADDRESSES_PER_BUS
    for hicann, sources in zip(*np.unique(hicanns, return_counts=True), strict=True):
        if sources > room:
            raise UserError(
                f"HICANN {hicann}: {sources} input sources, but its {room} addresses on "
                f"{geometry.INPUT_BUSES_PER_HICANN} buses carry no more; spread them over others"
            )


def _part(trains: SpikeTrains, first: int, last: int) -> SpikeTrains:
    labels = trains.labels[first:last]
    indptr = trains.indptr[first : first + len(labels) + 1]
    cut = slice(indptr[0], indptr[-1])
    return SpikeTrains(trains.times[cut], trains.addresses[cut], indptr - indptr[0], labels)
