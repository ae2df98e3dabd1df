"""Cells and synapses of PyNN that the wafer has."""

from pyNN.standardmodels import build_translations, cells, synapses

from waferloop.pynn.simulator import state


class IF_cond_exp(cells.IF_cond_exp):
    """Integrate-and-fire neuron with conductances that decay exponentially: circuits are that."""

    translations = build_translations(*((n, n) for n in cells.IF_cond_exp.default_parameters))
    recordable = ("spikes", "v")
    injectable = False


class SpikeSourcePoisson(cells.SpikeSourcePoisson):
    """Poisson spikes, made on the host."""

    translations = build_translations(
        ("rate", "rate"), ("start", "start"), ("duration", "duration")
    )
    recordable = ("spikes",)


class SpikeSourceArray(cells.SpikeSourceArray):
    """Given spikes, sent by the host."""

    translations = build_translations(("spike_times", "spike_times"))
    recordable = ("spikes",)


class StaticSynapse(synapses.StaticSynapse):
    """A synapse of a 4-bit weight; its delay is that of the wafer."""

    translations = build_translations(("weight", "weight"), ("delay", "delay"))

    def _get_minimum_delay(self) -> float:
        """Delay of who asks for none: the wafer's."""
        return state.setup.section.links.delay
