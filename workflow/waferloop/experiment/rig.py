"""An experiment's run with its substrate open: what scripts and users call.

A rig knows the settings and which circuits a run has; it opens the substrate and hands it to the
science, which sees nothing else of it. Of the settings, the science gets what an experimenter
chooses or knows. How an emulated machine was made (``substrate.variation``, ``defects``, ``links``)
goes to the backend alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waferloop import backends, calibration, coding, conversion, exchange, mapping, seeds
from waferloop.calibration import Calibration
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import V_GMAX
from waferloop.coding.stimulus import Stimulus
from waferloop.conversion import Gains, Tried
from waferloop.datasets import Dataset, enough, stratified
from waferloop.errors import UserError
from waferloop.experiment import store
from waferloop.learning import loop, software
from waferloop.learning.checkpoint import Checkpoint
from waferloop.learning.evaluation import Evaluation, evaluate
from waferloop.learning.membrane import Model
from waferloop.learning.presenter import Presenter, presented
from waferloop.learning.software import Progress, Trained
from waferloop.mapping import Mapping
from waferloop.network import Activations, Array, Network, forward
from waferloop.settings import Experiment, limits
from waferloop.settings import Substrate as SubstrateSettings
from waferloop.substrate import NeuronCodes, Placement, Substrate

BENCH, NETWORK, NETWORK_UNCALIBRATED = range(3)
"""Occasions on which a run's floating gates are written; each has its own rewrite noise."""
UNCALIBRATED = "uncalibrated"
"""State of a network with codes as documented."""


@dataclass(frozen=True)
class Answering:
    """HICANNs of a wafer that answer.

    Attributes:
        hicanns: their numbers.
    """

    hicanns: NDArray[np.int64]


@dataclass(frozen=True)
class Rig:
    """A run of an experiment.

    Attributes:
        settings: of the experiment.
        run: number of the repetition: it has its own region of the wafer.
        threads: that kernels may use; results do not depend on it.
        structure: the network, if it is not the configured one.
    """

    settings: Experiment
    run: int = 0
    threads: int = 1
    structure: Network | None = None

    @cached_property
    def network(self) -> Network:
        """What is trained and placed.

        Raises:
            UserError: it cannot be trained by backpropagation.
        """
        network = self.structure or exchange.configured(self.settings)
        network.check_trainable()
        return network

    @cached_property
    def _region(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        size = mapping.region_size(self.network, self.settings.substrate.denmems_per_neuron)
        return mapping.region(self.run, size)

    @property
    def wafer(self) -> int:
        """Number of the wafer: when one is full, the runs go on with the next."""
        return self.settings.substrate.wafer + self._region[0]

    @property
    def hicanns(self) -> NDArray[np.int64]:
        """HICANNs for neurons."""
        return self._region[1]

    @property
    def input_hicanns(self) -> NDArray[np.int64]:
        """HICANNs that take the inputs."""
        return self._region[2]

    def elsewhere(self) -> list["Rig"]:
        """The run on the chips that take its iterations in turn, if it does not learn on its own.

        No two runs on the same HICANNs share any of them.
        """
        others, further = self.settings.loop.chips, self._region[0]
        numbers = [limits.WAFER - further * others - n for n in range(others)]
        sections = [replace(self.settings.substrate, wafer=n - further) for n in numbers]
        return [replace(self, settings=replace(self.settings, substrate=s)) for s in sections]

    @property
    def weight_bits(self) -> int:
        """Resolution of the network's weights on the substrate."""
        return backends.traits(self.settings.substrate).weight_bits

    def software(self, data: Dataset, start: Path | None = None) -> tuple[Trained, list[Progress]]:
        """Train the software network, or take its weights from elsewhere.

        Args:
            data: images to learn from.
            start: another experiment's checkpoint, whatever made it; None: those of
                ``network.source`` if there are any, else train from random weights.

        Returns:
            Weights; progress of the training.

        Raises:
            UserError: the checkpoint is damaged or of another network, or there are fewer images
                than a batch needs.
        """
        model = None if self.structure else exchange.model(self.settings)
        if start:
            weights = load_weights(start, self.network)
        elif model:
            weights = model.weights
        else:
            random = seeds.generator(self.settings.seed, "run", self.run, "software")
            weights, progress = software.train(data, self.network, self.settings.software, random)
            return Trained(weights), progress
        return Trained(weights), [software.untrained(self.network, weights, data)]

    def _bench(self, wafer: int, hicann: int) -> calibration.Connect:
        """How calibration opens the substrate: always with the 4-bit weights it is made for.

        A resolution beyond the real machine's is thus a matter of the network's weights alone.
        """
        section = replace(self.settings.substrate, wafer=wafer, weight_bits=datasheet.WEIGHT_BITS)

        def connect(placement: Placement, number: int) -> Substrate:
            write = (self.settings.seed, BENCH, hicann, number)
            return backends.connect(section, placement, write)

        return connect

    def answering(
        self, wafer: int | None = None, hicanns: NDArray[np.int64] | None = None
    ) -> Answering:
        """Which HICANNs answer: all where nothing has to be measured.

        Args:
            wafer: its number; None: the run's own.
            hicanns: that are asked; None: all of the wafer.
        """
        connect = self._bench(self.wafer if wafer is None else wafer, 0)
        every = np.arange(geometry.HICANNS) if hicanns is None else hicanns
        if not backends.traits(self.settings.substrate).calibration:
            return Answering(every)
        return Answering(calibration.answering(connect, every))

    def calibrate_hicann(self, hicann: int, wafer: int | None = None) -> Calibration:
        """Measure all circuits of a HICANN."""
        target = self.settings.substrate.neuron
        setup = calibration.Setup(target, self.v_gmax)
        connect = self._bench(self.wafer if wafer is None else wafer, hicann)
        return calibration.calibrate(connect, hicann, setup, self.settings.calibration.repeats)

    def calibrate(self) -> Calibration:
        """Measure all circuits of the run's region, as far as the settings want it."""
        wanted = self.hicanns.tolist() if needs_calibration(self.settings) else []
        return self.calibration([self.calibrate_hicann(hicann) for hicann in wanted])

    def calibration(self, parts: list[Calibration]) -> Calibration:
        """Calibration of the run's region from those of its HICANNs; of none, the documented."""
        found = calibration.join(parts) if parts else calibration.of_hicanns(self.hicanns)
        enabled = self.settings.calibration.enabled
        return found if enabled else calibration.without_transfers(found)

    def documented(self, placement: Placement) -> NeuronCodes:
        """Analog configuration without any calibration: every circuit as documented.

        All rows have the documented divisor.
        """
        found = calibration.of_hicanns(self.hicanns)
        codes = calibration.codes_for(found, placement.denmems, self.settings.substrate.neuron)
        rows = (datasheet.GMAX_DIV_DEFAULT,) * len(placement.sites)
        return Gains(self.v_gmax, rows).program(codes)

    def place(
        self, found: Calibration | None = None, answering: Answering | None = None
    ) -> Mapping:
        """Place the network on what works.

        Args:
            found: calibration of the run's region; None: every circuit is taken to work.
            answering: HICANNs that answer; None: asks those for the inputs.

        Raises:
            UserError: the network does not fit.
        """
        around = found and self.settings.mapping.around_defects
        usable = found.parts if found and around else calibration.of_hicanns(self.hicanns).parts
        answering = answering or self.answering(hicanns=self.input_hicanns)
        return mapping.place(
            self.network,
            self.settings.substrate.denmems_per_neuron,
            self.hicanns,
            np.intersect1d(self.input_hicanns, answering.hicanns),
            usable,
        )

    @property
    def v_gmax(self) -> tuple[int, int]:
        """Codes of V_gmax for excitatory and inhibitory rows."""
        return conversion.v_gmax(self.settings.conversion.v_gmax, self.settings.substrate.neuron)

    def convert(
        self,
        data: Dataset,
        weights: list[Array],
        found: Calibration,
        placement: Placement,
        state: str = "converted",
    ) -> tuple[NeuronCodes, list[Tried]]:
        """Codes of the floating gates and row gains for a software network.

        Args:
            data: training images are drawn from it, of each class as many as can be.
            weights: of the software network [pre, post] per projection.
            found: calibration of the run's region.
            placement: circuits in use.
            state: ``converted``, or ``uncalibrated`` for codes as documented.

        Returns:
            The analog configuration; which gains were tried.

        Raises:
            UserError: there are fewer images than are asked for.
        """
        experiment = self.settings
        enough("conversion.images", experiment.conversion.images, len(data.x_train))
        if state == UNCALIBRATED:
            found = calibration.of_hicanns(self.hicanns)
        codes = calibration.codes_for(found, placement.denmems, experiment.substrate.neuron)
        written = self.converted(weights).codes
        random = seeds.generator(experiment.seed, "run", self.run, "conversion")
        chosen = stratified(data.y_train, experiment.conversion.images, random)
        images = data.x_train[chosen]
        encoder, decoder = coding.encoder(experiment.encoding), coding.decoder(experiment.encoding)
        sent = Stimulus(encoder, images, experiment.seed, ("run", self.run, "conversion"))

        def measure(gains: Gains) -> Activations:
            # divisors are digital: trying them does not write the floating gates anew, so the
            # substrate is opened on the same write each time
            substrate = self._connected(placement, self._write(state))
            substrate.program(gains.program(codes))
            substrate.write_weights(written)
            return presented(substrate, sent, decoder, encoder.window).values

        activations = forward(
            self.network, conversion.dequantise(written, self.weight_bits), images
        )
        section = experiment.conversion
        layers: list[tuple[int, ...]] = [(div,) for div in section.gmax_div_of_layers]
        every = layers or [section.gmax_div] * len(self.network.neural)
        candidates = {p.name: divs for p, divs in zip(self.network.neural, every, strict=True)}
        gains, tried = conversion.choose_gains(
            measure, activations, self.network, self.v_gmax, candidates
        )
        return gains.program(codes), tried

    def first_checkpoint(self, weights: list[Array]) -> Checkpoint:
        """State of the loop before its first iteration: the software network, just converted."""
        return loop.first(self.converted(weights), self.settings.loop)

    def converted(self, weights: list[Array]) -> conversion.Converted:
        """The software network as the substrate's synapses hold it."""
        return conversion.converted(weights, self.network, self.weight_bits)

    def opened(
        self,
        placement: Placement,
        circuits: NeuronCodes,
        state: str = "converted",
        updates: int = 0,
        iteration: int = 0,
    ) -> Substrate:
        """The run's substrate, its floating gates written.

        Args:
            placement: circuits in use.
            circuits: what is written.
            state: ``converted`` or ``uncalibrated``.
            updates: that the weights have had in the loop.
            iteration: of the loop, before which circuits may have died; 0: before the first.
        """
        substrate = self._connected(placement, self._write(state, updates), iteration)
        substrate.program(circuits)
        return substrate

    def presenter(
        self,
        substrate: Substrate,
        placement: Placement | None = None,
        circuits: NeuronCodes | None = None,
    ) -> Presenter:
        """How the network on an open substrate is shown images.

        Args:
            substrate: programmed.
            placement: circuits in use; with it, the loop tells of full links.
            circuits: analog configuration; with it, rules can learn from spike times.
        """
        encoding = self.settings.encoding
        return Presenter(
            substrate, self.network, coding.encoder(encoding), coding.decoder(encoding),
            self.weight_bits, self.settings.seed, self.run, placement,
            self.model(circuits) if circuits else None,
        )  # fmt: skip

    def for_iteration(
        self, iteration: int, placement: Placement, circuits: NeuronCodes
    ) -> Presenter:
        """The run's substrate as an iteration of the loop meets it, ready for weights.

        Args:
            iteration: from 1.
            placement: circuits in use.
            circuits: analog configuration.
        """
        substrate = self.opened(placement, circuits, updates=iteration - 1, iteration=iteration)
        return self.presenter(substrate, placement, circuits)

    def model(self, circuits: NeuronCodes) -> Model:
        """What an experimenter takes the neurons with an analog configuration to be."""
        section = self.settings.substrate
        strongest = datasheet.weight_conductance(np.array(datasheet.WEIGHT_MAX))
        both = V_GMAX.nominal_value(np.array(circuits.v_gmax, float))
        conductance = strongest * datasheet.row_gain(both, circuits.gmax_div)
        capacitance = section.denmems_per_neuron * datasheet.C_DENMEM_PF
        strength = conductance / capacitance / datasheet.SPEEDUP
        return Model(section.neuron, strength, datasheet.DELAY_MS)

    def train(
        self,
        before: Checkpoint,
        data: Dataset,
        placement: Placement,
        circuits: NeuronCodes,
        until: int | None = None,
    ) -> Iterator[Checkpoint]:
        """Iterate in the loop.

        Args:
            before: state to go on from.
            data: images to learn from.
            placement: circuits in use.
            circuits: analog configuration.
            until: last iteration; None: the configured number.

        Yields:
            State after each iteration.
        """
        presenter, opened = None, None
        last = self.settings.loop.iterations if until is None else until
        for iteration in range(before.iteration + 1, last + 1):
            wanted = self._write("converted", iteration - 1), self.section(iteration)
            if presenter is None or wanted != opened:
                presenter, opened = self.for_iteration(iteration, placement, circuits), wanted
            before = loop.iterate(before, presenter, data, self.settings.loop)
            yield before

    def train_elsewhere(
        self,
        before: Checkpoint,
        data: Dataset,
        weights: list[Array],
        parts: list[Calibration],
        until: int | None = None,
    ) -> Iterator[Checkpoint]:
        """Iterate in the loop, each iteration on the next of other chips.

        The network is one, with its shadow weights and the state of the optimiser. Calibration,
        placement, row gains and normalisation are each chip's own: an iteration measures its
        normalisation, and checkpoints keep none.

        Args:
            before: state to go on from.
            data: images to learn from.
            weights: of the software network, on which each chip's row gains are chosen.
            parts: calibrations of the HICANNs, chip after chip; none where they are not wanted.
            until: last iteration; None: the configured number.

        Yields:
            State after each iteration.

        Raises:
            UserError: the network does not fit on a chip.
        """
        rigs = self.elsewhere()
        each = len(parts) // len(rigs)

        @cache
        def converted(number: int) -> tuple[Placement, NeuronCodes]:
            rig = rigs[number]
            found = rig.calibration(parts[number * each : (number + 1) * each])
            placement = rig.place(found).placement
            return placement, rig.convert(data, weights, found, placement)[0]

        last = self.settings.loop.iterations if until is None else until
        for iteration in range(before.iteration + 1, last + 1):
            number = (iteration - 1) % len(rigs)
            (state,) = rigs[number].train(before, data, *converted(number), until=iteration)
            before = replace(state, normalisation={})
            yield before

    def evaluate(
        self,
        data: Dataset,
        codes: list[NDArray[np.int8]],
        substrate: Substrate,
    ) -> Evaluation:
        """Show the whole test set to the network with some weights."""
        return evaluate(self.presenter(substrate), codes, data)

    def _connected(
        self, placement: Placement, write: tuple[int, ...], iteration: int = 0
    ) -> Substrate:
        return backends.connect(self.section(iteration), placement, write, self.threads)

    def section(self, iteration: int) -> SubstrateSettings:
        """Section ``substrate`` as an iteration meets it, on the run's wafer.

        Circuits that fail meanwhile are more of the same defects. Which ones is the substrate's
        secret.
        """
        section = replace(self.settings.substrate, wafer=self.wafer)
        failures = self.settings.loop.failures
        if not 0 < failures.iteration <= iteration:
            return section
        dead = min(section.defects.denmem + failures.denmem, 1.0)
        return replace(section, defects=replace(section.defects, denmem=dead))

    def _write(self, state: str, updates: int = 0) -> tuple[int, ...]:
        """Name of the write of the floating gates under which the network works.

        With ``loop.rewrite`` each update is followed by another write, so that it does not matter
        which process makes it.
        """
        occasion = NETWORK_UNCALIBRATED if state == UNCALIBRATED else NETWORK
        rewritten = updates if self.settings.loop.rewrite else 0
        return self.settings.seed, occasion, self.run, rewritten


def load_weights(path: Path, network: Network) -> list[Array]:
    """Shadow weights from a checkpoint, whatever made it, with outputs in the units of its loss.

    Args:
        path: of the checkpoint.
        network: that the weights are for.

    Raises:
        UserError: the file is damaged or of another network.
    """
    state: Checkpoint = store.load(path, Checkpoint)
    shapes = [w.shape for w in state.weights]
    if shapes != network.shapes:
        raise UserError(
            f"software.start: {path} is of a network with projections {shapes}, this one has "
            f"{network.shapes}; give both experiments the same dataset.pixels (or inputs), "
            "network.hidden and number of classes"
        )
    return [
        w * state.output_unit if p.post == network.output.name else w
        for w, p in zip(state.weights, network.projections, strict=True)
    ]


def needs_calibration(experiment: Experiment) -> bool:
    """Whether circuits are measured at all."""
    wanted = experiment.calibration.enabled or experiment.mapping.around_defects
    return wanted and backends.traits(experiment.substrate).calibration
