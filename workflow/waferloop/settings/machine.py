"""How the emulated wafer was made: nothing that an experimenter knows or another machine needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

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
from waferloop.settings import limits
from waferloop.settings.about import ASSUMED, HARDWARE_MV, HZ, MS, Section, section, setting

T = TypeVar("T")

MV_OR_RELATIVE = "hardware mV of voltages, relative of others"


KOKE = "below 10 % over most of the range in Monte Carlo (Koke 2017, doi:10.11588/heidok.00022742)"
DEMOS = "spread after calibration, BrainScaleS-1 demos (random network, wafer 30): "
CELL = f"{ASSUMED}; a floating gate's current alone repeats within 1 to 2 % (halbe, tools/FG)"

Size = tuple[float, str]
"""A default, and where it comes from."""


def per_parameter(
    usual: dict[type, Size], special: dict[Parameter, Size]
) -> Callable[[type[T]], type[T]]:
    """Gives a section a size for every parameter of the chip, by the name of its floating gate.

    Args:
        usual: default for each kind of parameter.
        special: defaults of those that differ.
    """

    def complete(kind: type[T]) -> type[T]:
        every = (*PARAMETERS, V_GMAX)
        for parameter in every:
            like = next(size for like, size in usual.items() if isinstance(parameter, like))
            most = limits.HARDWARE_MV if isinstance(parameter, Voltage) else limits.RELATIVE
            default, source = special.get(parameter, like)
            setattr(kind, parameter.name, setting(default, "", source=source, ge=0, le=most))
        kind.__annotations__ = {parameter.name: float for parameter in every}
        return kind

    return complete


@dataclass(frozen=True)
@per_parameter(
    {
        Voltage: (50.0, f"{ASSUMED}; 50 to 100 mV are recalled"),
        Time: (0.3, ASSUMED),
        Gain: (0.2, ASSUMED),
    },
    {V_GMAX: (0.1, ASSUMED)},
)
class FixedPattern(Section):
    """Offset of each circuit before calibration."""


@dataclass(frozen=True)
@per_parameter(
    {
        Voltage: (6.0, f"{DEMOS}1.96 mV of v_rest and of e_rev_I"),
        Time: (0.2, f"{DEMOS}20 % of tau_m"),
        Gain: (0.03, CELL),
    },
    {
        V_T: (3.4, f"{DEMOS}1.12 mV of v_thresh"),
        V_RESET: (12.8, f"{DEMOS}4.2 mV of v_reset"),
        E_SYNX: (42.5, f"{DEMOS}14 mV of e_rev_E"),
        I_PL: (0.5, f"{DEMOS}50 % of tau_refrac"),
        V_SYNTCX: (0.13, f"{DEMOS}13 % of tau_syn_E"),
        V_SYNTCI: (0.07, f"{DEMOS}7 % of tau_syn_I"),
    },
)
class Rewrite(Section):
    """Deviation drawn anew at each write of the floating gates."""


@dataclass(frozen=True)
class Variation(Section):
    """Standard deviations of all imperfections."""

    scale: float = setting(
        1.0,
        "factor on all sizes but saturation",
        source="1: every size as published or assumed",
        ge=0,
        le=5,
    )
    fixed_pattern: FixedPattern = section(FixedPattern, MV_OR_RELATIVE)
    slope: float = setting(
        0.03, "relative deviation of each transfer's slope", source=ASSUMED, ge=0, le=1
    )
    rewrite: Rewrite = section(Rewrite, MV_OR_RELATIVE)
    synapse: float = setting(
        0.1, "relative strength of each synapse", source=KOKE, ge=0, le=limits.RELATIVE
    )
    row: float = setting(
        0.1, "relative strength of each synapse row", source=ASSUMED, ge=0, le=limits.RELATIVE
    )
    saturation: float = setting(
        3.3,
        "inverse of the largest conductance of a synaptic input, at cm = 0.2 nF; 0 is unlimited",
        unit="1/uS",
        source=f"{ASSUMED}: 0.3 uS, the largest weight of the older PyNN back end",
        ge=0,
        le=limits.SCALE,
    )
    adc_noise: float = setting(
        1.0,
        "noise of an ADC sample",
        unit=HARDWARE_MV,
        source=ASSUMED,
        ge=0,
        le=limits.HARDWARE_MV,
    )
    adc_offset: float = setting(
        2.0,
        "readout offset of each circuit",
        unit=HARDWARE_MV,
        source=ASSUMED,
        ge=0,
        le=limits.HARDWARE_MV,
    )


@dataclass(frozen=True)
class Defects(Section):
    """Fractions of parts that do not work."""

    denmem: float = setting(
        0.02, "fraction of neuron circuits that are dead", source=ASSUMED, ge=0, le=1
    )
    driver: float = setting(
        0.01, "fraction of synapse drivers that are dead", source=ASSUMED, ge=0, le=1
    )
    hicann: float = setting(
        0.0026,
        "fraction of HICANNs that are dead",
        source="one of 384, if the 383 of the tutorial of 2019 (tutorial-bss1) are no misprint",
        ge=0,
        le=1,
    )
    synapse: float = setting(
        0.06,
        "fraction of single synapses that never conduct; neither calibration nor mapping knows "
        "which, the loop deals with them",
        source="about 6 % on one HICANN (Klähn 2013, University of Heidelberg)",
        ge=0,
        le=1,
    )


@dataclass(frozen=True)
class Links(Section):
    """What spikes meet on their way to, on and from the wafer."""

    input_loss: float = setting(
        0.01, "probability that an input spike is lost on an idle link", source=ASSUMED, ge=0, le=1
    )
    input_rate: float = setting(
        1780.0,
        "capacity of a HICANN's input; 0 is unlimited",
        unit=HZ,
        source="marocco: 17.8 MHz on the wafer",
        ge=0,
        le=limits.RATE,
    )
    fpga_rate: float = setting(
        12500.0,
        "capacity of a reticle's FPGA, each way; 0 is unlimited",
        unit=HZ,
        source="marocco: 125 MHz on the wafer",
        ge=0,
        le=limits.RATE,
    )
    internal_loss: float = setting(
        0.0,
        "probability that a spike between neurons is lost on an idle bus",
        source=ASSUMED,
        ge=0,
        le=1,
    )
    internal_rate: float = setting(
        6250.0,
        "capacity of the priority encoder of a neuron block, through which all its spikes go; 0 is "
        "unlimited",
        unit=HZ,
        source="ESS: a spike every other clock, 62.5 MHz on the wafer",
        ge=0,
        le=limits.RATE,
    )
    recording_loss: float = setting(
        0.01,
        "probability that a recorded spike is lost on an idle link",
        source=ASSUMED,
        ge=0,
        le=1,
    )
    recording_rate: float = setting(
        1780.0,
        "capacity of a HICANN's output; 0 is unlimited",
        unit=HZ,
        source=f"{ASSUMED}: the input's",
        ge=0,
        le=limits.RATE,
    )
    delay: float = setting(
        0.8,
        "time from any source to a neuron",
        unit=MS,
        source="ESS: 80 ns on the wafer",
        ge=0,
        le=100,
    )
    jitter: float = setting(
        0.1,
        "standard deviation of the delay",
        unit=MS,
        source="BrainScaleS-1 demos, wafer 30",
        ge=0,
        le=10,
    )
