"""Charts that a reader can look into, as Vega-Lite specifications.

Their data come later, by the names given here: the page's script hands each chart the rows of the
run, iteration and so on that the reader has picked.
"""

import json
from typing import Any

import altair as alt

from waferloop.figures import style
from waferloop.network import Network
from waferloop.report.runs import named

INK = "currentColor"
"""Of the text around: light or dark."""
FONT = "system-ui, sans-serif"
"""The page's, by name: of an inherited one Vega cannot tell how wide a text is."""
PALE = 0.18
POINTS = 300
"""Iterations up to which each has a point of its own on a line."""
WHEN = {"before": style.UNCALIBRATED, "after": style.LOOP}
KINDS = {"neurons": style.LAYERS[0], "spare": style.LAYERS[5], "inputs": style.CONVERTED}
BEFORE = "datum.iteration - 1"
"""Updates that the weights have seen on which the batch of an iteration ran."""
INPUTS = 1 / 3
"""Share of the height of a raster that the inputs get, however many there are."""

Chart = alt.Chart | alt.LayerChart
Specification = dict[str, Any]


def of_runs(
    network: Network, largest: int, hicanns: int, iterations: int
) -> dict[str, Specification]:
    """All charts of the part that looks into a run, by name.

    Args:
        network: whose populations they tell of.
        largest: code of a weight.
        hicanns: that a run may have neurons on.
        iterations: of the loop.
    """
    points: Any = alt.OverlayMarkDef(size=20) if iterations <= POINTS else False
    made: dict[str, Chart] = {
        "loop": _loop(points),
        "activity": _activity(network, points),
        "codes": _codes(),
        "weights": _weights(largest),
        "spikes": _spikes(network),
        "hicanns": _hicanns(),
        "neurons": _neurons(network, hicanns),
        "bins": _bins(),
    }
    return {name: specification(chart) for name, chart in made.items()}


def of_variants(keys: list[str], variants: int) -> dict[str, Specification]:
    """The chart of a sweep: a dot for every run of every variant.

    Args:
        keys: what the variants differ in.
        variants: how many there are.
    """
    base = alt.Chart(alt.NamedData(name="variants"))
    order = alt.SortField("variant")
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=220))
    dots = base.mark_circle(size=26, opacity=0.55, color=style.LOOP).encode(
        x=alt.X("accuracy:Q", title="accuracy on the whole test set", axis=_percent(), scale=WHOLE),
        y=y,
        tooltip=[*(_told(key, key) for key in keys), _told("run", "run"), _share("accuracy")],
    )
    median = base.mark_tick(thickness=2, size=14, color=INK).encode(x="median(accuracy):Q", y=y)
    return {"variants": specification((dots + median).properties(height=22 * variants))}


WHOLE = alt.Scale(domain=[0, 1], nice=False)


def specification(chart: Chart) -> Specification:
    """A chart as JSON, in the look of the page.

    Widths follow the page; colours of lines and texts are those of the text around.
    """
    text: Any = {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11}
    line: Any = {"domainColor": INK, "tickColor": INK, "gridColor": INK, "gridOpacity": PALE}
    line["titlePadding"] = 8
    apart: Any = {"labelLimit": 200, "columnPadding": 16}
    made = chart.properties(
        width="container",
        background="transparent",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    ).configure(
        font=FONT,
        axis=alt.AxisConfig(
            **text, **line, domainOpacity=0.4, tickOpacity=0.4, titleFontWeight="normal"
        ),
        legend=alt.LegendConfig(**text, orient="top", title=None, symbolType="circle", **apart),
        view=alt.ViewConfig(stroke=None),
    )
    found: Specification = json.loads(made.to_json())
    # an address, which nothing on the page should have
    del found["$schema"]
    return found


def _percent() -> alt.Axis:
    return alt.Axis(format=".1~%", tickCount=5)


def _told(field: str, title: str, form: str = "") -> alt.Tooltip:
    """What appears under the pointer: a text as it is, or a number in a form."""
    # a dot in a name would be a path
    plain = field.replace(".", r"\.").replace("[", r"\[").replace("]", r"\]")
    kind: Any = "quantitative" if form else "nominal"
    return alt.Tooltip(field=plain, type=kind, title=title, format=form or alt.Undefined)


def _share(field: str, title: str = "") -> alt.Tooltip:
    return _told(field, title or field, ".1%")


def _updates() -> alt.X:
    """Axis of the loops' charts: updates, whole numbers, from the converted network on."""
    return alt.X(
        "updates:Q",
        # room for the marks at both ends
        scale=alt.Scale(domainMin=0, nice=False, padding=8),
        axis=alt.Axis(
            format="d",
            grid=False,
            # ticks between whole numbers stay without a label
            labelExpr="datum.value == floor(datum.value) ? datum.label : ''",
        ),
    )


def _here() -> alt.Chart:
    """After which update the reader has picked to look."""
    return (
        alt.Chart(alt.NamedData(name="here"))
        .mark_rule(color=INK, strokeDash=[3, 3], opacity=0.7, aria=False)
        .encode(x="updates:Q")
    )


def _loop(points: Any) -> Chart:
    base = alt.Chart(alt.NamedData(name="loop"))
    x = _updates()
    kinds = alt.Color(
        "what:N", scale=alt.Scale(domain=["batch it learns from", "whole test set"],
                                  range=[style.LOOP, INK]),
    )  # fmt: skip
    scale = alt.Scale(zero=False, nice=False, padding=8)
    line = base.transform_filter("isValid(datum.batch_accuracy)").transform_calculate(
        what="'batch it learns from'", updates=BEFORE
    )
    shown = line.mark_line(point=points).encode(
        x=x,
        y=alt.Y("batch_accuracy:Q", title="accuracy", axis=_percent(), scale=scale),
        color=kinds,
        tooltip=[
            _told("iteration", "iteration"),
            _share("batch_accuracy", "accuracy on its batch, before its update"),
            _told("loss", "loss", ".4g"),
            _told("weights_changed", "weights written anew", "d"),
        ],
    )  # fmt: skip
    test = base.transform_filter("isValid(datum.test_accuracy)").transform_calculate(
        what="'whole test set'", updates="datum.iteration"
    )
    points = test.mark_point(filled=True, size=60).encode(
        x=x,
        y=alt.Y("test_accuracy:Q"),
        color=kinds,
        tooltip=[_told("updates", "updates"), _share("test_accuracy", "whole test set")],
    )
    return (shown + points + _here()).properties(height=190)


def _populations(network: Network) -> alt.Color:
    names = [named(population.name) for population in network.neural]
    colours = [style.LAYERS[n % len(style.LAYERS)] for n in range(len(names))]
    return alt.Color("population:N", scale=alt.Scale(domain=names, range=colours))


def _activity(network: Network, points: Any) -> Chart:
    lines = (
        alt.Chart(alt.NamedData(name="activity"))
        .transform_calculate(updates=BEFORE)
        .mark_line(point=points)
        .encode(
            x=_updates(),
            y=alt.Y("spikes:Q", title="spikes per image and neuron", axis=alt.Axis(tickCount=5)),
            color=_populations(network),
            tooltip=[
                _told("population", "population"),
                _told("iteration", "iteration"),
                _told("spikes", "spikes per image and neuron", ".3g"),
                _share("silent", "neurons that never fire"),
                _share("saturated", "neurons that mostly fire as often as they can"),
            ],
        )
    )
    return (lines + _here()).properties(height=190)


def _codes() -> Chart:
    return (
        alt.Chart(alt.NamedData(name="codes"))
        .mark_bar(color=style.LAYERS[0], aria=False)
        .encode(
            x=alt.X("code:O", title="code", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("synapses:Q", title="synapses", axis=alt.Axis(tickCount=4, tickMinStep=1)),
            tooltip=[_told("code", "code"), _told("synapses", "synapses")],
        )
        .properties(height=150)
    )


def _weights(largest: int) -> Chart:
    """The codes of a projection as colours: units that send across, that receive down."""
    return (
        alt.Chart(alt.NamedData(name="weights"))
        .mark_rect(aria=False)
        .encode(
            x=alt.X("pre:O", title="unit that sends", axis=alt.Axis(labelOverlap=True, ticks=False,
                                                                    labelAngle=0)),
            y=alt.Y("post:O", title="unit that receives", axis=alt.Axis(labelOverlap=True,
                                                                        ticks=False)),
            color=alt.Color(
                "code:Q",
                scale=alt.Scale(scheme="redblue", reverse=True, domain=[-largest, largest]),
                legend=alt.Legend(orient="right", gradientLength=120, title="code"),
            ),
            tooltip=[_told("pre", "from unit"), _told("post", "to unit"), _told("code", "code")],
        )
        .properties(height=190)
    )  # fmt: skip


def _spikes(network: Network) -> Chart:
    """A dash per spike, population over population, the inputs at the bottom."""
    every = [*network.inputs, *network.neural]
    names = [named(population.name) for population in every]
    colours = [style.INPUT for _ in network.inputs]
    colours += [style.LAYERS[n % len(style.LAYERS)] for n in range(len(network.neural))]
    heights = stacked(network)
    middles = [round(bottom + height / 2, 3) for bottom, height in heights]
    # the label next to each value
    label = "''"
    for middle, name in zip(middles, names, strict=True):
        label = f"abs(datum.value - {middle}) < 0.01 ? {json.dumps(name)} : {label}"
    return (
        alt.Chart(alt.NamedData(name="spikes"))
        .mark_tick(orient="vertical", size=5, thickness=1.2, opacity=1, aria=False)
        .encode(
            x=alt.X("time:Q", title="time (ms)", scale=alt.Scale(zero=True, nice=False),
                    axis=alt.Axis(grid=False)),
            y=alt.Y("height:Q", title=None, scale=alt.Scale(domain=[0, sum(heights[-1])],
                                                            nice=False),
                    axis=alt.Axis(values=middles, labelExpr=label, grid=False, ticks=False,
                                  domain=False)),
            color=alt.Color("population:N", scale=alt.Scale(domain=names, range=colours),
                            legend=None),
            tooltip=[_told("population", "population"), _told("unit", "unit"),
                     _told("time", "time (ms)", ".1f")],
        )
        .properties(height=300)
    )  # fmt: skip


def stacked(network: Network) -> list[tuple[float, float]]:
    """Bottom and height of each population in a raster, inputs first.

    Neurons have a height of 1; the inputs share a third of the whole.
    """
    inputs = network.neurons * INPUTS / (1 - INPUTS)
    heights = [inputs * p.size / network.sources for p in network.inputs]
    heights += [float(p.size) for p in network.neural]
    gap = 0.03 * sum(heights)
    found, bottom = [], 0.0
    for height in heights:
        found.append((round(bottom, 3), round(height, 3)))
        bottom += height + gap
    return found


def _hicanns() -> Chart:
    """The wafer from above: what the run has on each HICANN."""
    base = alt.Chart(alt.NamedData(name="hicanns"))
    place = {
        "x": alt.X("x:O", axis=None, scale=alt.Scale(domain=list(range(36)), paddingInner=0.08)),
        "y": alt.Y("y:O", axis=None, scale=alt.Scale(domain=list(range(16)), paddingInner=0.08)),
    }
    rest = base.transform_filter("!datum.kind").mark_rect(color=INK, opacity=0.09, aria=False)
    own = base.transform_filter("datum.kind").mark_rect(stroke=INK, strokeOpacity=0.3)
    coloured = own.encode(
        **place,
        color=alt.Color("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values()))),
        tooltip=[
            _told("hicann", "HICANN"), _told("reticle", "reticle"), _told("neurons", "neurons"),
            _told("inputs", "inputs"), _told("synapses", "synapses placed"),
            _told("synapses_lost", "synapses lost"),
            _told("unusable_denmems", "unusable denmems of 512"),
            _told("unusable_drivers", "unusable drivers of 224"),
        ],
    )  # fmt: skip
    shown = rest.encode(**place, tooltip=[_told("hicann", "HICANN"), _told("reticle", "reticle")])
    return (shown + coloured).properties(height=16 * 13)


def _neurons(network: Network, hicanns: int) -> Chart:
    """Where neurons are on their HICANNs: the columns whose denmems they join."""
    return (
        alt.Chart(alt.NamedData(name="neurons"))
        .mark_bar(stroke=INK, strokeOpacity=0.35, strokeWidth=0.5, aria=False)
        .encode(
            x=alt.X("from:Q", title="column of denmems",
                    scale=alt.Scale(domain=[0, 256], nice=False),
                    axis=alt.Axis(values=list(range(0, 257, 32)), gridOpacity=PALE)),
            x2="to:Q",
            y=alt.Y("hicann:O", title="HICANN"),
            color=_populations(network),
            tooltip=[
                _told("population", "population"), _told("neuron", "neuron"),
                _told("hicann", "HICANN"), _told("synapses", "synapses placed"),
                _told("lost", "synapses lost"),
                _told("converted", "spikes per image, just converted"),
                _told("in_the_loop", "spikes per image, after the loop"),
            ],
        )
        .properties(height=26 * hicanns)
    )  # fmt: skip


def _bins() -> Chart:
    return (
        alt.Chart(alt.NamedData(name="bins"))
        .mark_bar(opacity=0.6, aria=False)
        .encode(
            x=alt.X("low:Q", bin="binned", title="measured minus target",
                    axis=alt.Axis(grid=False, tickCount=7)),
            x2="high:Q",
            y=alt.Y("circuits:Q", stack=None, title="circuits", axis=alt.Axis(tickCount=4)),
            color=alt.Color("when:N", scale=alt.Scale(domain=list(WHEN),
                                                      range=list(WHEN.values()))),
            tooltip=[_told("when", "calibration"), _told("low", "from", ".3g"),
                     _told("high", "to", ".3g"), _told("circuits", "circuits")],
        )
        .properties(height=190)
    )  # fmt: skip
