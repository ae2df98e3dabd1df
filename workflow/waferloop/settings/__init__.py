"""Every setting of an experiment: default, unit, bounds, meaning and source, each stated once.

The classes below are the sections of a configuration. The checks of what a user gives
(:mod:`waferloop.experiment.config`), the JSON schema, the table of config/README.md (``make
schema``) and ``python -m waferloop explain`` are made from them. They are plain dataclasses, and
jobs don't pay for the library that does the checks.

What comes in kinds, as an encoder, is looked up by its name in a registry above this module. Here
stands a reference to that registry, ``module:NAME``, so that another kind needs no line here.
"""

from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, overload

from waferloop.settings import limits
from waferloop.settings.about import (
    CHOSEN,
    HZ,
    MS,
    MV,
    PAPER,
    RECALLED,
    Allowed,
    Section,
    section,
    setting,
)
from waferloop.settings.machine import Defects, FixedPattern, Links, Rewrite, Variation

T = TypeVar("T")

_GATE: Allowed = {"ge": limits.VOLTAGES[0], "le": limits.VOLTAGES[1]}

__all__ = [
    "Calibration", "Conversion", "Dataset", "Defects", "Encoding", "Experiment", "Failures",
    "FiniteDifferences", "FixedPattern", "Hidden", "Links", "Loop", "Mapping", "Neuron", "Rewrite",
    "Software", "Substrate", "Sweep", "Variation", "as_dict", "of", "read",
]  # fmt: skip


@dataclass(frozen=True)
class Dataset(Section):
    """Images and labels."""

    source: str = setting(
        "mnist",
        "name of a dataset that comes along, or path of a folder with the four IDX files (gzipped "
        "or not) or of an .npz file with x_train, y_train, x_test, y_test; without braces, which "
        "Snakemake takes for wildcards",
        source=PAPER,
        min_length=1,
        max_length=limits.PATH,
        pattern=limits.LINE,
        examples="waferloop.datasets:SOURCES",
    )
    classes: tuple[int, ...] = setting(
        (0, 1, 4, 6, 7),
        "labels to tell apart, one output neuron each",
        source=RECALLED,
        min_length=2,
        max_length=limits.CLASSES,
        unique=True,
        each={"ge": 0, "le": limits.LABEL},
    )
    pixels: int = setting(
        10,
        "side length to which images are shrunk: to half of theirs or less by means over whole "
        "blocks of pixels, which leave out a border if they do not fill the image; to more by "
        "means over the area that each pixel covers",
        source=RECALLED,
        ge=2,
        le=limits.PIXELS,
    )
    inputs: int = setting(
        0,
        "number of values of each sample where they are no images: each is an input as it is, and "
        "dataset.pixels does not matter; 0 for images",
        ge=0,
        le=limits.INPUTS,
    )
    copies: int = setting(
        1,
        "sources that carry each of these values, so that it has as many synapses onto a neuron; "
        "1 for images",
        ge=1,
        le=limits.INPUTS,
    )


@dataclass(frozen=True)
class Hidden(Section):
    """Layers between the inputs and the classes, each connected to all of the next one."""

    hidden: tuple[int, ...] = setting(
        (15, 15),
        "neurons of each hidden layer",
        source=RECALLED,
        min_length=1,
        max_length=limits.LAYERS,
        each={"ge": 1, "le": limits.NEURONS},
    )
    source: str = setting(
        "",
        "path of a NIR file with a network, as other software writes it: its layers take the place "
        "of network.hidden, which is left out then, and every run takes its weights in place of "
        "the software training (docs/exchange.md); empty for none",
        max_length=limits.PATH,
        pattern=limits.LINE,
    )


@dataclass(frozen=True)
class Software(Section):
    """Training before anything is on the wafer."""

    steps: int = setting(
        15000,
        "updates of the software training; 0 puts random weights on the wafer",
        source=RECALLED,
        ge=0,
        le=limits.STEPS,
    )
    batch: int = setting(100, "images per update", source=RECALLED, ge=1, le=limits.IMAGES)
    learning_rate: float = setting(0.05, "step size", source=CHOSEN, gt=0, le=limits.STEP_SIZE)
    schedule: str = setting(
        "linear",
        "how the step size falls from the first update to the last",
        source=CHOSEN,
        choices="waferloop.learning.optimisers:SCHEDULES",
    )
    optimiser: str = setting(
        "sgd",
        "how the gradient becomes a change of the weights",
        source=RECALLED,
        choices="waferloop.learning.optimisers:OPTIMISERS",
    )
    momentum: float = setting(0.9, "share of the last step that is kept", source=CHOSEN, ge=0, lt=1)
    weight_decay: float = setting(
        0.0003,
        "L2; keeps activations small, so that they need little of the rate range",
        source=CHOSEN,
        ge=0,
        le=limits.STEP_SIZE,
    )
    noise: float = setting(
        0.2,
        "relative standard deviation of noise on each weight, drawn anew at each step of the "
        "software training; networks that bear it lose less when they are converted",
        source=CHOSEN,
        ge=0,
        le=5,
    )
    start: str = setting(
        "",
        "name of another, finished experiment with layers of the same sizes; each run takes the "
        "weights that the same run of it had after its loop, in place of the software training; if "
        "it has fewer runs, they are taken in turn",
        max_length=2 * limits.NAME,
        pattern=f"^$|{limits.EXPERIMENT}",
    )


@dataclass(frozen=True)
class Encoding(Section):
    """How images become spikes, and spikes activations."""

    code: str = setting(
        "regular",
        "how the value of a pixel or another input becomes spikes; the paper has poisson",
        source=CHOSEN,
        choices="waferloop.coding:ENCODERS",
    )
    decoder: str = setting(
        "counts",
        "how a neuron's spikes become its activation",
        source=PAPER,
        choices="waferloop.coding:DECODERS",
    )
    rate_max: float = setting(50.0, "rate of a white pixel", unit=HZ, source=CHOSEN, gt=0, le=2000)
    duration: float = setting(
        900.0, "how long an image is shown", unit=MS, source=RECALLED, ge=1, le=limits.TIME
    )
    pause: float = setting(
        100.0, "silence after an image", unit=MS, source=CHOSEN, ge=0, le=limits.TIME
    )

    @property
    def window(self) -> float:
        """Time from one presentation to the next (ms)."""
        return self.duration + self.pause


@dataclass(frozen=True)
class Neuron(Section):
    """Target parameters of all neurons, PyNN's IF_cond_exp; cm is the circuits' own."""

    v_rest: float = setting(-65.0, "resting potential", unit=MV, source="PyNN's default", **_GATE)
    v_thresh: float = setting(-55.0, "threshold", unit=MV, source=CHOSEN, **_GATE)
    v_reset: float = setting(-70.0, "reset potential", unit=MV, source=CHOSEN, **_GATE)
    e_rev_E: float = setting(
        0.0,
        "excitatory reversal potential",
        unit=MV,
        source="fixed in the older PyNN back end",
        **_GATE,
    )
    e_rev_I: float = setting(
        -100.0,
        "inhibitory reversal potential",
        unit=MV,
        source="fixed in the older PyNN back end",
        **_GATE,
    )
    # ranges: calibtic, NeuronCalibration.cpp
    tau_m: float = setting(
        20.0,
        "membrane time constant, within the circuit's range",
        unit=MS,
        source="PyNN's default",
        ge=5.5,
        le=480,
    )
    tau_refrac: float = setting(
        1.0,
        "refractory time, within the circuit's range",
        unit=MS,
        source="tutorial of 2019",
        ge=0.15,
        le=17.3,
    )
    tau_syn_E: float = setting(
        5.0,
        "excitatory synaptic time constant, within the circuit's range",
        unit=MS,
        source="PyNN's default",
        ge=1.3,
        le=15.1,
    )
    tau_syn_I: float = setting(
        5.0,
        "inhibitory synaptic time constant, within the circuit's range",
        unit=MS,
        source="PyNN's default",
        ge=1.3,
        le=15.1,
    )


@dataclass(frozen=True)
class Substrate(Section):
    """What the network runs on."""

    backend: str = setting(
        "emulator",
        "what the network runs on: pynn. and the name of a simulator behind PyNN, with which "
        "nothing is defective, lost, limited or read with noise (docs/substrates.md)",
        max_length=limits.NAME,
        pattern=limits.MODULE,
        examples="waferloop.backends:BACKENDS",
    )
    kernel: str = setting(
        "auto",
        "what integrates the emulated neurons; auto takes numba when it is installed",
        choices="waferloop.backends.emulator:KERNELS",
    )
    dt: float = setting(0.1, "time step", unit=MS, source="ESS", ge=limits.TIME_STEP, le=1)
    # runs go on to further wafers
    wafer: int = setting(0, "number of the wafer that was manufactured", ge=0, le=limits.WAFER)
    denmems_per_neuron: int = setting(
        4, "circuits joined to a neuron", source="marocco's default", ge=2, le=64, multiple_of=2
    )
    weight_bits: int = setting(
        4,
        "resolution of the network's synaptic weights, sign not included; the real machine has 4, "
        "with which calibration works always",
        unit="bits",
        source="halbe",
        ge=1,
        le=7,
    )
    neuron: Neuron = section(Neuron)
    variation: Variation = section(Variation)
    defects: Defects = section(Defects)
    links: Links = section(Links)


@dataclass(frozen=True)
class Calibration(Section):
    """Which code gives which value on each circuit."""

    enabled: bool = setting(
        True, "false programs every circuit as documented (what is defective is still found)"
    )
    repeats: int = setting(
        2,
        "writes per trial value, to average out rewrite noise",
        source=CHOSEN,
        ge=1,
        le=limits.REPEATS,
    )


@dataclass(frozen=True)
class Mapping(Section):
    """Which circuits, drivers and buses the network uses."""

    around_defects: bool = setting(
        True, "false places the network as if every circuit and driver worked"
    )


@dataclass(frozen=True)
class Conversion(Section):
    """From the software network's weights to those of the wafer."""

    images: int = setting(
        200,
        "training images on which row gains are chosen; each run draws its own, of all classes "
        "alike",
        source=CHOSEN,
        ge=10,
        le=limits.IMAGES,
    )
    v_gmax: int = setting(
        205,
        "code of V_gmax for excitatory rows (205 is 500 nA)",
        unit="10-bit code",
        source="calibtic",
        ge=1,
        le=800,
    )
    gmax_div: tuple[int, ...] = setting(
        (2, 4, 6, 11, 16, 30),
        "divisors of the row gain to try for each layer",
        source="range: halbe",
        min_length=1,
        unique=True,
        each={"ge": 2, "le": 30},
    )
    gmax_div_of_layers: tuple[int, ...] = setting(
        (),
        "divisors of the layers, the first hidden one first and the output last, in place of those "
        "that are chosen among conversion.gmax_div; empty to choose",
        max_length=limits.LAYERS + 1,
        each={"ge": 2, "le": 30},
    )


@dataclass(frozen=True)
class Failures(Section):
    """Circuits that die while the network is trained."""

    iteration: int = setting(
        0, "first iteration in which they are dead; 0 for never", ge=0, le=limits.ITERATIONS
    )
    denmem: float = setting(
        0.0,
        "fraction of all neuron circuits that die, besides those of substrate.defects.denmem",
        ge=0,
        le=1,
    )


@dataclass(frozen=True)
class Loop(Section):
    """Training in the loop."""

    iterations: int = setting(
        240, "iterations in the loop", source=CHOSEN, ge=1, le=limits.ITERATIONS
    )
    updates: int = setting(
        1,
        "updates per iteration, each from a batch of its own; an iteration is what has a "
        "checkpoint and a point in the figures",
        ge=1,
        le=limits.ITERATIONS,
    )
    batch: int = setting(300, "training images per update", source=CHOSEN, ge=1, le=limits.IMAGES)
    learning_rate: float = setting(0.02, "step size", source=CHOSEN, gt=0, le=limits.STEP_SIZE)
    schedule: str = setting(
        "linear",
        "how the step size falls from the first iteration to the last",
        source=CHOSEN,
        choices="waferloop.learning.optimisers:SCHEDULES",
    )
    optimiser: str = setting(
        "adam",
        "how an estimate of the gradient becomes a change of the weights",
        source=CHOSEN,
        choices="waferloop.learning.optimisers:OPTIMISERS",
    )
    momentum: float = setting(0.9, "share of the last step that is kept", source=CHOSEN, ge=0, lt=1)
    weight_decay: float = setting(0.0, "L2", source=CHOSEN, ge=0, le=limits.STEP_SIZE)
    output_scale: float = setting(
        1.0,
        "factor on measured outputs, in units of the software network's, before softmax",
        source=CHOSEN,
        gt=0,
        le=limits.SCALE,
    )
    gradient: str = setting(
        "relu",
        "how the gradient is estimated (see `workflow/waferloop/learning/rules/`)",
        source=PAPER,
        choices="waferloop.learning.rules:RULES",
    )
    angle: float = setting(
        0.0,
        "angle by which gradients `noisy` and `biased` are rotated away",
        unit="degrees",
        ge=0,
        le=180,
    )
    update_bits: int = setting(
        0,
        "resolution of each weight's update, sign included; 0 for all",
        unit="bits",
        choices=(0, 2, 3, 4, 5, 6, 7, 8),
    )
    rewrite: bool = setting(
        False,
        "true writes the floating gates anew after every iteration, so that each one and the "
        "evaluation after the last meet rewrite noise of their own; false writes them once per run",
    )
    failures: Failures = section(Failures)
    chips: int = setting(
        0,
        "how many other chips take the iterations in turn, in place of the run's own, which only "
        "the evaluations before and after then meet: the run's HICANNs on as many wafers, counted "
        f"down from the last number there is ({limits.WAFER}), with a calibration, mapping, row "
        "gains and, at each iteration, normalisation of their own (loop.test_every then means the "
        "chip of the iteration); 0 for none",
        ge=0,
        le=limits.CHIPS,
    )
    iterations_per_job: int = setting(
        240,
        "iterations that one job makes; an interrupted job goes on from its last checkpoint",
        ge=1,
        le=limits.ITERATIONS,
    )
    test_every: int = setting(
        0,
        "iterations between evaluations on the whole test set; 0 for none but before and after",
        ge=0,
        le=limits.ITERATIONS,
    )


@dataclass(frozen=True)
class FiniteDifferences(Section):
    """The true gradient of the emulated network's loss, as a sweep of estimators wants it.

    It is measured at some checkpoints, to see how far the estimators point away from it (minutes
    per checkpoint).
    """

    iterations: tuple[int, ...] = setting(
        (),
        "checkpoints, by the iterations before them, at which the target `sweep` measures the true "
        "gradient; empty for none",
        unique=True,
        max_length=limits.ITERATIONS,
        each={"ge": 0, "le": limits.ITERATIONS},
    )
    runs: int = setting(4, "how many runs, the first ones", ge=1, le=limits.RUNS)
    images: int = setting(
        200, "training images that are presented for every change", ge=10, le=limits.IMAGES
    )
    step: int = setting(3, "codes by which a weight is changed each way", ge=1, le=15)


@dataclass(frozen=True)
class Sweep(Section):
    """Variants of the experiment, made by the target sweep."""

    parameters: dict[str, list[Any]] = setting(
        {},
        "dotted keys of this configuration, each with a list of values; all combinations are run; "
        "the value of a section gives some of its keys",
        each={"min_length": 1},
    )
    runs: int = setting(0, "runs of each variant; 0 for as many as `runs`", ge=0, le=limits.RUNS)


@dataclass(frozen=True)
class Experiment(Section):
    """Configuration of a waferloop experiment."""

    experiment: str = setting(
        "default",
        "name of the experiment; results go to results/{experiment}",
        max_length=limits.NAME,
        pattern=limits.EXPERIMENT,
    )
    # as much as an int64 holds
    seed: int = setting(2017, "from which every random stream is derived", ge=0, le=2**63 - 1)
    # the paper has 130; each run has jobs and a region of its own
    runs: int = setting(
        5,
        "repetitions, each with its own software network and its own region of the wafer",
        ge=1,
        le=limits.RUNS,
    )
    dataset: Dataset = section(Dataset)
    network: Hidden = section(Hidden)
    software: Software = section(Software)
    encoding: Encoding = section(Encoding)
    substrate: Substrate = section(Substrate)
    calibration: Calibration = section(Calibration)
    mapping: Mapping = section(Mapping)
    conversion: Conversion = section(Conversion)
    loop: Loop = section(Loop)
    finite_differences: FiniteDifferences = section(FiniteDifferences)
    sweep: Sweep = section(Sweep)


@overload
def of(values: dict[str, Any]) -> Experiment: ...
@overload
def of(values: dict[str, Any], kind: type[T]) -> T: ...
def of(values: dict[str, Any], kind: Any = Experiment) -> Any:
    """Settings from a configuration that has been checked; missing keys take their defaults.

    Args:
        values: of the whole or of a section, as a configuration file holds them.
        kind: class of the section.
    """
    given: dict[str, Any] = {}
    for key in fields(kind):
        if key.name in values:
            given[key.name] = _as(key.type, values[key.name])
    return kind(**given)


def _as(kind: Any, value: Any) -> Any:
    """A value as the type of its key has it: values of a sweep come as they were written."""
    if is_dataclass(kind):
        return of(value, kind)  # type: ignore[arg-type]
    if kind is not str:
        value = read(value, kind)
    if get_origin(kind) is tuple:
        return tuple(_as(get_args(kind)[0], part) for part in value)
    return kind(value) if kind in (int, float) else value


def read(value: Any, kind: Any) -> Any:
    """What a text stands for where another type is wanted.

    Args:
        value: as it was given.
        kind: type that is wanted.

    Raises:
        UserError: the text has two meanings, or none.
    """
    if not isinstance(value, str):
        return value
    from waferloop.settings import reading

    return reading.truth(value) if kind is bool else reading.parsed(value)


def as_dict(section: Any) -> dict[str, Any]:
    """Settings as a configuration file holds them: sections as dicts, several values as lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(part) for name, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, tuple | list) else value

    whole: dict[str, Any] = plain(asdict(section))
    return whole
