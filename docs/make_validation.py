"""Figures and numbers of docs/validation.md; run by ``make docs``.

Usage: make_validation.py TESTS FOLDER: the folder of the tests, whose circuits and simulators are
used, and the folder for the results.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

TESTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
sys.path += [str(TESTS), str(TESTS / "validation"), str(TESTS.parent / "benchmarks")]

import balanced_workload as balanced  # noqa: E402
import circuits  # noqa: E402
import networks  # noqa: E402
import simulators  # noqa: E402
import spiking  # noqa: E402
import workload  # noqa: E402
from scipy.integrate import solve_ivp  # noqa: E402
from waferloop import settings  # noqa: E402
from waferloop.chip.parameters import (  # noqa: E402
    E_L,
    I_CONVX,
    I_GL,
    V_GMAX,
    V_SYNTCX,
    V_T,
    Gain,
    Voltage,
)
from waferloop.experiment import store  # noqa: E402
from waferloop.figures import style  # noqa: E402
from waferloop.wafer import floating_gate, links  # noqa: E402
from waferloop.wafer.kernels import Events  # noqa: E402
from waferloop.wafer.kernels import numpy as kernel  # noqa: E402
from waferloop.wafer.links import Port  # noqa: E402
from waferloop.wafer.variation import key  # noqa: E402

IMAGES = 200
NEST, BRIAN2, OURS = "#0072b2", "#e69f00", "#009e73"


def agreement():
    """The ideal machine beside NEST and Brian2."""
    trains = workload.stimulus(IMAGES)
    mine, *circuit = simulators.ours(workload.ideal(), trains)
    rows, others = [], {}
    for name, simulate in (("NEST", simulators.nest), ("Brian2", simulators.brian2)):
        others[name] = simulate(trains, *circuit)
        found = simulators.compare(mine, others[name])
        row = {"simulator": name, "images": IMAGES, "spikes": len(others[name].time)}
        for layer, (ours, theirs) in enumerate(found.rates.T, 1):
            row |= {f"ours_{layer}_hz": round(ours, 3), f"theirs_{layer}_hz": round(theirs, 3)}
        row |= {
            "counts_equal": round(found.equal, 5),
            "counts_within_one": round(found.within_one, 5),
            "first_layer_within_0.1_ms": round(found.timed, 5),
        }
        rows.append(row)
        print(row)
    store.write_csv(FOLDER / "agreement.csv", rows)

    figure, (raster, scatter, bars) = style.new(9.6, 3.4, 1, 3, width_ratios=[1.6, 1, 1])
    shown = [("waferloop", mine, OURS), *zip(others, others.values(), (NEST, BRIAN2), strict=True)]
    for n, (name, spikes, colour) in enumerate(shown):
        chosen = (spikes.image == 0) & (spikes.time < 300)
        y = spikes.neuron[chosen] + 0.28 * (n - 1)
        raster.plot(spikes.time[chosen], y, "|", ms=2, mew=1.2, color=colour, label=name)
    raster.set(xlabel="time (ms)", ylabel="neuron", title="the same image in three simulators")
    raster.legend(loc="lower right", fontsize=7, frameon=True)
    raster.set_ylim(-0.6, 14.6)
    for (name, spikes), colour in zip(others.items(), (NEST, BRIAN2), strict=True):
        pairs = np.unique([mine.counts.ravel(), spikes.counts.ravel()], axis=1)
        scatter.plot(*pairs, ".", ms=3, color=colour, label=name)
        apart = (
            np.bincount(np.abs(mine.counts - spikes.counts).ravel(), minlength=4) / mine.counts.size
        )
        at = np.arange(4) + (0.2 if name == "Brian2" else -0.2)
        bars.bar(at, np.maximum(apart[:4], 1e-5), 0.4, color=colour, label=name)
    scatter.set(
        xlabel="spikes, waferloop", ylabel="spikes, other", title="counts per neuron, image"
    )
    bars.set(yscale="log", ylim=(1e-5, 1), xticks=range(4), xlabel="difference of counts",
             ylabel="share of neurons and images", title="how far apart")  # fmt: skip
    bars.legend(fontsize=7)
    figure.savefig(FOLDER / "agreement.svg", metadata={"Date": None})


def balanced_network():
    """A recurrent network beside NEST and Brian2."""
    substrate, *circuit = balanced.connected(workload.ideal(), exact=True)
    trains = balanced.stimulus(spiking.DURATION)
    recorded = substrate.run(trains, spiking.DURATION, times=True).spikes
    mine = recorded.times, recorded.addresses
    rows, shown = [], [("waferloop", mine, OURS)]
    for name, simulate, colour in (
        ("waferloop", None, OURS),
        ("NEST", balanced.nest, NEST),
        ("Brian2", balanced.brian2, BRIAN2),
    ):
        spikes = simulate(trains, *circuit, spiking.DURATION)[:2] if simulate else mine
        row = {"simulator": name, "spikes": len(spikes[0])}
        for until in (50, 100, 200):
            first, same = (spiking.early(s, until) for s in (spikes, mine))
            row |= {f"until_{until}_ms": len(first), "of_them_ours": len(first & same)}
            row[f"ours_until_{until}_ms"] = row.pop("of_them_ours")
        names = ("excitatory_hz", "inhibitory_hz", "cv", "correlation")
        values = spiking.statistics(spikes)
        rows.append(row | {n: round(float(v), 4) for n, v in zip(names, values, strict=True)})
        print(rows[-1])
        if simulate:
            shown.append((name, spikes, colour))
    store.write_csv(FOLDER / "balanced.csv", rows)
    figure, axes = style.new(9.6, 3.0, 1, 3, sharey=True)
    for panel, (name, (times, neurons), colour) in zip(axes, shown, strict=True):
        now = (times < 250) & (neurons % 5 == 0)
        panel.plot(times[now], neurons[now], "|", ms=2, mew=0.8, color=colour, rasterized=True)
        panel.set(title=name, xlabel="time (ms)", xlim=(0, 250))
    axes[0].set_ylabel("neuron (every fifth)")
    figure.savefig(FOLDER / "balanced.svg", metadata={"Date": None}, dpi=150)


def random_networks():
    """Random networks on the ideal machine beside a reference in fine steps."""
    drawn = [networks.draw(workload.ideal(), seed, 20) for seed in range(100)]
    rows = []
    for seed, (network, counts) in enumerate(
        zip(drawn, networks.Reference(drawn).counts(), strict=True)
    ):
        equal = np.split(network.counts == counts, [network.layers[1]], axis=1)
        within = np.split(np.abs(network.counts - counts) <= 1, [network.layers[1]], axis=1)
        both = zip(network.rates(network.counts), network.rates(counts), strict=True)
        for layer, (ours, exact) in enumerate(both):
            if exact * network.layers[1 + layer] * network.images < 1000:
                continue
            rows.append(
                {"network": seed, "layer": layer + 1,
                 "tau_refrac": round(network.written["I_pl"], 3), "waferloop_hz": round(ours, 3),
                 "reference_hz": round(exact, 3), "percent": round(100 * (ours / exact - 1), 3),
                 "counts_equal": round(float(equal[layer].mean()), 3),
                 "counts_within_one": round(float(within[layer].mean()), 3)}
            )  # fmt: skip
    store.write_csv(FOLDER / "networks.csv", rows)
    rates, percent = (np.array([row[k] for row in rows]) for k in ("reference_hz", "percent"))
    for low, high in ((0, 100), (100, 500), (500, 1000), (1000, 1e4)):
        some = percent[(rates > low) & (rates <= high)]
        if len(some):
            print(low, high, len(some), "largest", np.abs(some).max(), "mean", some.mean())
    figure, axes = style.new(6.4, 3.0, 1, 1)
    axes.plot(rates, percent, "o", ms=3, color=OURS)
    for bound in (-0.5, 0.5):
        axes.axhline(bound, color="#999999", lw=0.8, ls="--")
    axes.set(xscale="log", ylim=(-1, 1), xlabel="rate of a layer, reference (Hz)",
             ylabel="waferloop (% away)", title="random networks")  # fmt: skip
    figure.savefig(FOLDER / "networks.svg", metadata={"Date": None})


def largest_conductance():
    """What the limit that keeps the integration stable costs, in ever stronger synapses."""
    trains, rows = workload.stimulus(20), []

    def rates(dt, factor, limited=True):
        substrate, _, _ = workload.connected(replace(workload.ideal(), dt=dt))
        layers = []
        for layer in substrate._circuit.layers:
            constants = layer.constants.copy()
            constants[7] *= 1 if limited else 1e6
            weights = layer.weights * np.float32(factor)
            layers.append(replace(layer, constants=constants, weights=weights))
        substrate._circuit = replace(substrate._circuit, layers=tuple(layers))
        return substrate.run(trains, workload.WINDOW).counts[:, -5:].mean()

    for factor in (1, 3, 10, 20, 30):
        exact, ours, unlimited = rates(0.01, factor), rates(0.1, factor), rates(0.1, factor, False)
        rows.append(
            {"weights_times": factor, "third_layer_hz_at_dt_0.01": round(exact, 2),
             "percent_away_at_dt_0.1": round(100 * (ours / exact - 1), 2),
             "without_limit": round(100 * (unlimited / exact - 1), 2)}
        )  # fmt: skip
        print(rows[-1])
    store.write_csv(FOLDER / "limit.csv", rows)


def exact_end(weight, end):
    """Membrane at a time after a large conductance jump, solved to high accuracy."""

    def slope(t, u):
        return -u / 20 + weight * np.exp(-t / 5) * (5.0 - u)

    return solve_ivp(slope, (0, end), [0.0], rtol=1e-11, atol=1e-13).y[0, -1]


def closed_forms():
    """Membrane, potential, rate and order of the error against what they must be."""
    figure, ((decay, psp), (rate, order)) = style.new(7.2, 5.4, 2, 2)
    t = 0.1 * np.arange(1, 801)
    u = kernel.probe(circuits.one_neuron(start=0.9), circuits.events(), circuits.labels(), 800)
    decay.plot(t, u[0, :, 0], color=OURS, lw=3, label="waferloop")
    decay.plot(t, 0.5 + 0.4 * np.exp(-t / 20), "k--", lw=1, label="exponential")
    decay.set(title="membrane decays to rest", xlabel="time (ms)", ylabel="u (swings)")
    decay.legend()
    circuit = circuits.one_neuron(weight=1e-3)
    v = kernel.probe(circuit, circuits.events(0), circuits.labels(), 800)[0, :, 0] - 0.5
    psp.plot(t, v * 1e3, color=OURS, lw=3, label="waferloop")
    psp.plot(t, circuits.small_psp(t, 1e-3) * 1e3, "k--", lw=1, label="two exponentials")
    psp.set(title="postsynaptic potential", xlabel="time (ms)", ylabel="1000 u (swings)")
    psp.legend()
    rows = [
        {"curve": "decay", "x": 10.0, "waferloop": u[0, 99, 0], "exact": 0.5 + 0.4 * np.exp(-0.5)},
        {"curve": "psp peak", "x": 9.24, "waferloop": v.max(),
         "exact": circuits.small_psp(t, 1e-3).max()},
    ]  # fmt: skip

    g = np.geomspace(0.002, 0.5, 25)
    steps = 20_000
    for refractory, colour in ((1.0, NEST), (5.0, BRIAN2)):
        measured = []
        for conductance in g:
            circuit = circuits.one_neuron(
                rest=0.2, refractory=refractory / 0.1, tau_syn=1e9, weight=conductance
            )
            (fired,) = kernel.integrate(circuit, circuits.events(0), circuits.labels(), steps)
            measured.append(len(fired.step) / steps * 1e4)
        exact = 1e3 * circuits.rate_at_conductance(g, 20.0, 0.2, 5.0, refractory)
        rate.plot(g, measured, "o", ms=3, color=colour, label=f"refractory {refractory:.0f} ms")
        rate.plot(g, exact, color=colour, lw=1)
        rate.axhline(1e3 / refractory, color=colour, lw=0.5, ls=":")
        rows += [
            {"curve": f"rate, refractory {refractory} ms", "x": x, "waferloop": m, "exact": e}
            for x, m, e in zip(g, measured, exact, strict=True)
        ]
    rate.set(title="rate under constant conductance", xlabel="conductance (1 / ms)",
             ylabel="rate (Hz)", xscale="log")  # fmt: skip
    rate.legend(fontsize=7)

    dts, weight, end = np.array([0.1, 0.2, 0.4, 0.8, 1.6]), 0.05, 16.0
    target = exact_end(weight, end)
    errors = []
    for dt in dts:
        circuit = circuits.one_neuron(rest=0.0, weight=weight, dt=dt)
        found = kernel.probe(circuit, circuits.events(0), circuits.labels(), round(end / dt))
        errors.append(abs(float(found[0, -1, 0]) - target))
    slope = np.polyfit(np.log(dts), np.log(errors), 1)[0]
    order.loglog(dts, errors, "o-", color=OURS, label=f"waferloop, slope {slope:.2f}")
    order.loglog(dts, errors[-1] * (dts / dts[-1]) ** 2, "k--", lw=1, label="dt squared")
    order.set(title="error 16 ms after a conductance jump", xlabel="dt (ms)", ylabel="error of u")
    order.legend()
    rows += [
        {"curve": "error", "x": dt, "waferloop": e, "exact": 0.0}
        for dt, e in zip(dts, errors, strict=True)
    ]
    rows.append({"curve": "order of the error", "x": "", "waferloop": slope, "exact": 2.0})
    store.write_csv(FOLDER / "closed_forms.csv", rows)
    print("order of the error", slope)
    figure.savefig(FOLDER / "closed_forms.svg", metadata={"Date": None})


def imperfections():
    """Drawn deviations against their documented sizes, losses against their law."""
    variation = settings.Variation(scale=1.0)
    circuit, code = np.arange(20_000), np.full(20_000, 500, np.uint16)
    figure, (pattern, trial, loss) = style.new(9.6, 3.0, 1, 3)
    x = np.linspace(-3.5, 3.5, 200)
    bell = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    rows = []
    for axes, parameters, writes in (
        (pattern, (E_L, I_GL, I_CONVX), False),
        (trial, (V_T, V_SYNTCX, V_GMAX), True),
    ):
        for parameter in parameters:
            one, other = (
                floating_gate.value(parameter, code, circuit, variation, 0, (write,))
                for write in (0, 1)
            )
            volts = isinstance(parameter, Voltage)
            nominal = parameter.nominal_value(code)
            unit, name = parameter.factor, parameter.name
            if writes:
                size = getattr(variation.rewrite, name)
                away = (other - one if volts else np.log(other / one)) * unit / 2**0.5
            else:
                # slope and rewriting come on top of the offset
                lever = 1e3 * nominal[0] if volts else np.log(nominal[0] / 10)
                lever = np.log(nominal[0]) if isinstance(parameter, Gain) else lever
                sizes = (getattr(variation.fixed_pattern, name), getattr(variation.rewrite, name))
                size = np.sqrt(sum(s**2 for s in sizes) + (variation.slope * lever) ** 2)
                away = (one - nominal if volts else np.log(one / nominal)) * unit
            rows.append(
                {"effect": "rewriting" if writes else "fixed pattern", "parameter": name,
                 "documented": float(size), "drawn": float(away.std())}
            )  # fmt: skip
            axes.hist(away / size, 60, (-3.5, 3.5), density=True, histtype="step", label=name)
        axes.plot(x, bell, "k--", lw=1)
        axes.legend(fontsize=7)
        axes.set(xlabel="deviation / documented size", ylabel="density")
    pattern.set_title("all that makes circuits differ")
    trial.set_title("what changes from write to write")

    offered, capacity, base = np.linspace(20, 800, 40), 300.0, 0.02
    random = np.random.default_rng(0)
    sizes = offered.astype(int)
    step = [np.sort(random.choice(9000, n, replace=False)) for n in sizes]
    sent = Events(
        np.concatenate(step).astype(np.int32),
        np.zeros(sizes.sum(), np.int32),
        np.concatenate([[0], np.cumsum(sizes)]),
    )
    one = np.zeros(1, np.int64)
    port = Port(one, one == 0, base, capacity, key("x"), one, 0.0)
    _, kept = kernel.record([sent], port, np.arange(40, dtype=np.uint64), 1000.0)
    came = np.bincount(sent.presentation, kept[0])
    law = offered * links.pass_probability(offered, base, capacity)
    loss.plot(offered, came, "o", ms=3, color=OURS, label="recorded")
    loss.plot(offered, law, "k--", lw=1, label="law")
    loss.plot(offered, offered, ":", color="#999999", label="no loss")
    loss.set(xlabel="offered (Hz)", ylabel="arrived (Hz)", title="a link of 300 Hz")
    loss.legend(fontsize=7)
    rows.append({"effect": "loss", "parameter": "largest distance from the law (Hz)",
                 "documented": 0.0, "drawn": float(np.abs(came - law).max())})  # fmt: skip
    store.write_csv(FOLDER / "imperfections.csv", rows)
    figure.savefig(FOLDER / "imperfections.svg", metadata={"Date": None})


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    closed_forms()
    imperfections()
    random_networks()
    largest_conductance()
    agreement()
    balanced_network()
