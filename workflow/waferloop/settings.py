"""Every setting of an experiment: default, unit, bounds, meaning and source, each stated once.

The classes below are the sections of a configuration. The JSON schema and the table of
config/README.md are made from them (``make schema``), and so are the checks of what a user gives
(:mod:`waferloop.experiment.config`). They are plain dataclasses: jobs don't pay for the library that
checks them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, Literal, TypeVar

from waferloop.chip.parameters import (
    E_SYNX,
    I_PL,
    PARAMETERS,
    V_GMAX,
    V_RESET,
    V_SYNTCI,
    V_SYNTCX,
    V_T,
    Gain,
    Parameter,
    Time,
    Voltage,
)

T = TypeVar("T")


class Section:
    """A section of the configuration."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}


def setting(default: Any, meaning: str, *, unit: str = "", source: str = "", **bounds: Any) -> Any:
    """A key of a section.

    Args:
        default: value of a missing key.
        meaning: for people.
        unit: of the value.
        source: where the default comes from; "assumed" if it comes from nowhere.
        bounds: ``ge``, ``gt``, ``le``, ``lt``, ``multiple_of``, ``min_length``, ``pattern``, as
            ``pydantic.Field`` has them.
    """
    told = {"unit": unit, "source": source}
    extra = {name: text for name, text in told.items() if text}
    if isinstance(default, dict):
        return field(
            default_factory=default.copy,
            metadata={"description": meaning, "json_schema_extra": extra, **bounds},
        )
    return field(
        default=default, metadata={"description": meaning, "json_schema_extra": extra, **bounds}
    )


def section(kind: type[T], meaning: str) -> T:
    """A section within a section."""
    made: T = field(default_factory=kind, metadata={"description": meaning})
    return made


@dataclass(frozen=True)
class Dataset(Section):
    """"""

    source: str = setting(
        "mnist",
        "mnist (bundled), digits (scikit-learn's 8x8), a folder with the four IDX files (gzipped or not), or an .npz file with x_train, y_train, x_test, y_test",
        min_length=1,
    )
    classes: tuple[int, ...] = setting(
        (0, 1, 4, 6, 7), "labels to tell apart, one output neuron each", min_length=2
    )
    pixels: int = setting(10, "side length to which images are shrunk", ge=2)


@dataclass(frozen=True)
class Hidden(Section):
    """"""

    hidden: tuple[int, ...] = setting((15, 15), "neurons of each hidden layer", min_length=1)


@dataclass(frozen=True)
class Software(Section):
    """"""

    steps: int = setting(
        15000, "updates of the software training; 0 puts random weights on the wafer", ge=0
    )
    batch: int = setting(100, "images per update", ge=1)
    learning_rate: float = setting(0.05, "step size", gt=0)
    momentum: float = setting(0.9, "share of the last step that is kept", ge=0, lt=1)
    weight_decay: float = setting(
        0.001, "L2; keeps activations small, so that they need little of the rate range", ge=0
    )
    noise: float = setting(
        0.0,
        "relative standard deviation of noise on each weight, drawn anew at each step of the software training",
        ge=0,
        le=5,
    )
    start: str = setting(
        "",
        "name of another, finished experiment with layers of the same sizes; each run takes the weights that the same run of it had after its loop, in place of the software training",
    )


@dataclass(frozen=True)
class Encoding(Section):
    """"""

    rate_max: float = setting(50.0, "rate of a white pixel (Hz)", le=2000, gt=0)
    duration: float = setting(900.0, "how long an image is shown (ms, biological time)", ge=1)
    pause: float = setting(100.0, "silence after an image (ms, biological time)", ge=0)
    code: str = setting("poisson", "how values become spikes: poisson or regular")
    decoder: str = setting("counts", "how spikes become values: counts")


@dataclass(frozen=True)
class Neuron(Section):
    """target parameters of all neurons, PyNN's IF_cond_exp (ms, mV); cm is the circuits' own"""

    v_rest: float = setting(-57.0, "resting potential (mV)")
    v_thresh: float = setting(-55.0, "threshold (mV)")
    v_reset: float = setting(-70.0, "reset potential (mV)")
    e_rev_E: float = setting(0.0, "excitatory reversal potential (mV)")
    e_rev_I: float = setting(-100.0, "inhibitory reversal potential (mV)")
    tau_m: float = setting(20.0, "membrane time constant (ms; the circuit's range)", ge=5.5, le=480)
    tau_refrac: float = setting(1.0, "refractory time (ms; the circuit's range)", ge=0.15, le=17.3)
    tau_syn_E: float = setting(
        5.0, "excitatory synaptic time constant (ms; the circuit's range)", ge=1.3, le=15.1
    )
    tau_syn_I: float = setting(
        5.0, "inhibitory synaptic time constant (ms; the circuit's range)", ge=1.3, le=15.1
    )


def per_parameter(
    usual: dict[type, float], special: dict[Parameter, float]
) -> Callable[[type[T]], type[T]]:
    """Gives a section a size for every parameter of the chip, by the name of its floating gate.

    Args:
        usual: default for each kind of parameter.
        special: defaults of those that differ.
    """

    def complete(kind: type[T]) -> type[T]:
        every = (*PARAMETERS, V_GMAX)
        for parameter in every:
            size = next(size for like, size in usual.items() if isinstance(parameter, like))
            setattr(kind, parameter.name, setting(special.get(parameter, size), "", ge=0))
        kind.__annotations__ = {parameter.name: float for parameter in every}
        return kind

    return complete


@dataclass(frozen=True)
@per_parameter({Voltage: 50.0, Time: 0.3, Gain: 0.2}, {V_GMAX: 0.1})
class FixedPattern(Section):
    """offset of each circuit before calibration (voltages: hardware mV; times: relative); no measured values are public, "50-100 mV" is from memory"""


@dataclass(frozen=True)
@per_parameter(
    {Voltage: 6.0, Time: 0.2, Gain: 0.03},
    {V_T: 3.4, V_RESET: 12.8, E_SYNX: 42.5, I_PL: 0.5, V_SYNTCX: 0.13, V_SYNTCI: 0.07},
)
class Rewrite(Section):
    """deviation redrawn at each write of the floating gates (voltages: hardware mV; times: relative); the documented spread after calibration (brainscales1-demos, random network, wafer 30), taken to be what rewriting leaves of it"""


@dataclass(frozen=True)
class Variation(Section):
    """standard deviations of all imperfections"""

    scale: float = setting(1.6, "factor on all of them but saturation", ge=0, le=5)
    fixed_pattern: FixedPattern = section(
        FixedPattern,
        'offset of each circuit before calibration (voltages: hardware mV; times: relative); no measured values are public, "50-100 mV" is from memory',
    )
    slope: float = setting(0.03, "relative deviation of each transfer's slope; assumed", ge=0)
    rewrite: Rewrite = section(
        Rewrite,
        "deviation redrawn at each write of the floating gates (voltages: hardware mV; times: relative); the documented spread after calibration (brainscales1-demos, random network, wafer 30), taken to be what rewriting leaves of it",
    )
    synapse: float = setting(0.2, "relative strength of each synapse (ESS examples use 0.2)", ge=0)
    row: float = setting(0.1, "relative strength of each synapse row; assumed", ge=0)
    saturation: float = setting(
        3.3,
        "inverse of the largest conductance of a synaptic input (1/uS at cm = 0.2 nF); 0 is unlimited; 0.3 uS was the largest weight of the older PyNN backend",
        ge=0,
    )
    adc_noise: float = setting(1.0, "noise of an ADC sample (hardware mV); assumed", ge=0)
    adc_offset: float = setting(2.0, "readout offset of each circuit (hardware mV); assumed", ge=0)


@dataclass(frozen=True)
class Defects(Section):
    """fractions of parts that do not work"""

    denmem: float = setting(0.02, "neuron circuits; assumed", ge=0, le=1)
    driver: float = setting(0.01, "synapse drivers; assumed", ge=0, le=1)
    hicann: float = setting(
        0.0026, "whole HICANNs; one of 384, as in the 2019 tutorial", ge=0, le=1
    )


@dataclass(frozen=True)
class Links(Section):
    """"""

    input_loss: float = setting(
        0.01, "probability that an input spike is lost on an idle link; assumed", ge=0, le=1
    )
    input_rate: float = setting(
        1780.0,
        "capacity of a HICANN's input (Hz, biological time; 17.8 MHz on the wafer); 0 is unlimited",
        ge=0,
    )
    fpga_rate: float = setting(
        12500.0,
        "capacity of a reticle's FPGA, each way (Hz, biological time; 125 MHz on the wafer); 0 is unlimited",
        ge=0,
    )
    internal_loss: float = setting(
        0.0, "probability that a spike between neurons is lost on an idle bus", ge=0, le=1
    )
    internal_rate: float = setting(
        6250.0,
        "capacity of the priority encoder of a neuron block, through which all its spikes go (Hz, biological time; 62.5 MHz on the wafer); 0 is unlimited",
        ge=0,
    )
    recording_loss: float = setting(
        0.01, "probability that a recorded spike is lost on an idle link; assumed", ge=0, le=1
    )
    recording_rate: float = setting(
        1780.0,
        "capacity of a HICANN's output (Hz, biological time); 0 is unlimited; taken as the input's",
        ge=0,
    )
    delay: float = setting(
        0.8, "from any source to a neuron (ms; 80 ns on the wafer)", ge=0, le=100
    )
    jitter: float = setting(0.1, "standard deviation of the delay (ms)", ge=0, le=10)


@dataclass(frozen=True)
class Substrate(Section):
    """"""

    backend: Literal["emulator"] = setting("emulator", "what the network runs on")
    kernel: Literal["auto", "numpy", "numba"] = setting(
        "auto", "what integrates the emulated neurons; auto takes numba when it is installed"
    )
    dt: float = setting(0.1, "time step (ms, biological time)", le=1, gt=0)
    wafer: int = setting(0, "which wafer was manufactured", ge=0)
    denmems_per_neuron: int = setting(
        4, "circuits joined to a neuron (even, 2 to 64)", ge=2, le=64, multiple_of=2
    )
    weight_bits: int = setting(
        4,
        "resolution of the network's synaptic weights (bits, sign not included); the real machine has 4, with which calibration works always",
        ge=1,
        le=7,
    )
    neuron: Neuron = section(
        Neuron,
        "target parameters of all neurons, PyNN's IF_cond_exp (ms, mV); cm is the circuits' own",
    )
    variation: Variation = section(Variation, "standard deviations of all imperfections")
    defects: Defects = section(Defects, "fractions of parts that do not work")
    links: Links = section(Links, "")


@dataclass(frozen=True)
class Calibration(Section):
    """"""

    enabled: bool = setting(
        True, "false programs every circuit as documented (what is defective is still found)"
    )
    repeats: int = setting(2, "writes per trial value, to average out rewrite noise", ge=1)


@dataclass(frozen=True)
class Mapping(Section):
    """"""

    around_defects: bool = setting(
        True, "false places the network as if every circuit and driver worked"
    )


@dataclass(frozen=True)
class Conversion(Section):
    """"""

    images: int = setting(200, "training images on which row gains are chosen", ge=10)
    v_gmax: int = setting(
        205, "10-bit code of V_gmax for excitatory rows (205 is 500 nA)", ge=1, le=800
    )
    gmax_div: tuple[int, ...] = setting(
        (2, 4, 6, 11, 16, 30), "divisors of the row gain to try for each layer", min_length=1
    )


@dataclass(frozen=True)
class Failures(Section):
    """circuits that die while the network is trained"""

    iteration: int = setting(0, "first iteration in which they are dead; 0 for never", ge=0)
    denmem: float = setting(
        0.0,
        "fraction of all neuron circuits, besides those of substrate.defects.denmem",
        ge=0,
        le=1,
    )


@dataclass(frozen=True)
class Loop(Section):
    """"""

    iterations: int = setting(40, "in-the-loop updates", ge=1)
    batch: int = setting(1200, "training images per iteration", ge=1)
    learning_rate: float = setting(0.1, "step size", gt=0)
    momentum: float = setting(0.9, "share of the last step that is kept", ge=0, lt=1)
    weight_decay: float = setting(0.0, "L2", ge=0)
    output_scale: float = setting(0.3, "factor on measured outputs before softmax", gt=0)
    gradient: Literal[
        "relu", "software", "surrogate", "random_feedback", "sign", "noisy", "biased"
    ] = setting("relu", "how the update is estimated (see `workflow/waferloop/gradients.py`)")
    angle: float = setting(
        0.0, "angle by which gradients `noisy` and `biased` are rotated away, degrees", ge=0, le=180
    )
    update_bits: Literal[0, 2, 3, 4, 5, 6, 7, 8] = setting(
        0, "bits of each weight's update, sign included; 0 for all"
    )
    rewrite: bool = setting(
        False,
        "true writes the floating gates anew after every update, so that each iteration and the evaluation after the last meet rewrite noise of their own; false writes them once per run",
    )
    failures: Failures = section(Failures, "circuits that die while the network is trained")
    iterations_per_job: int = setting(1, "iterations that one job makes", ge=1)
    test_every: int = setting(
        0,
        "iterations between evaluations on the whole test set; 0 for none but before and after",
        ge=0,
    )


@dataclass(frozen=True)
class FiniteDifferences(Section):
    """the true gradient of the emulated network's loss, measured at some checkpoints to see how far the estimators of a sweep point away from it (minutes per checkpoint)"""

    iterations: tuple[int, ...] = setting(
        (), "checkpoints, by the iterations before them; empty for none"
    )
    runs: int = setting(4, "how many runs, the first ones", ge=1)
    images: int = setting(200, "training images that are presented for every change", ge=10)
    step: int = setting(3, "codes by which a weight is changed each way", ge=1, le=15)


@dataclass(frozen=True)
class Sweep(Section):
    """variants of the experiment, made by the target sweep"""

    parameters: dict[str, list[Any]] = setting(
        {},
        "dotted keys of this configuration, each with a list of values; all combinations are run; the value of a section gives some of its keys",
    )
    runs: int = setting(0, "runs of each variant; 0 for as many as `runs`", ge=0)


@dataclass(frozen=True)
class Experiment(Section):
    """Configuration of a waferloop experiment"""

    experiment: str = setting(
        "default",
        "name of the experiment; results go to results/{experiment}",
        pattern="^[A-Za-z0-9][A-Za-z0-9_.+=-]*(/[A-Za-z0-9][A-Za-z0-9_.+=-]*)*$",
    )
    seed: int = setting(2017, "from which every random stream is derived", ge=0)
    runs: int = setting(
        5, "repetitions, each with its own software network and its own region of the wafer", ge=1
    )
    dataset: Dataset = section(Dataset, "")
    network: Hidden = section(Hidden, "")
    software: Software = section(Software, "")
    encoding: Encoding = section(Encoding, "")
    substrate: Substrate = section(Substrate, "")
    calibration: Calibration = section(Calibration, "")
    mapping: Mapping = section(Mapping, "")
    conversion: Conversion = section(Conversion, "")
    loop: Loop = section(Loop, "")
    finite_differences: FiniteDifferences = section(
        FiniteDifferences,
        "the true gradient of the emulated network's loss, measured at some checkpoints to see how far the estimators of a sweep point away from it (minutes per checkpoint)",
    )
    sweep: Sweep = section(Sweep, "variants of the experiment, made by the target sweep")


def of(values: dict[str, Any], kind: type[T] = Experiment) -> T:  # type: ignore[assignment]
    """Settings from a configuration that has been checked; missing keys take their defaults."""
    assert is_dataclass(kind)
    given: dict[str, Any] = {}
    for key in fields(kind):
        if key.name in values:
            value = values[key.name]
            if is_dataclass(key.type):
                value = of(value, key.type)  # type: ignore[arg-type]
            given[key.name] = tuple(value) if isinstance(value, list) else value
    made: T = kind(**given)
    return made


def as_dict(settings: Any) -> dict[str, Any]:
    """Settings as a configuration file holds them: sections as dicts, several values as lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(part) for name, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, tuple | list) else value

    whole: dict[str, Any] = plain(asdict(settings))
    return whole
