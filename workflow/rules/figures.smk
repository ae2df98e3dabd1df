"""Figures, each with the CSV of what it plots beside it: one rule for all that are registered."""

KINDS = ("svg", "png", "csv")
FIGURE = f"{files.RESULTS}/{{experiment}}/figures/{{figure}}"


def figure_path(name, kind):
    """Path of a figure of the configured experiment."""
    return f"{files.RESULTS}/{THIS.experiment}/figures/{name}.{kind}"


def figure_inputs(wildcards):
    """Files that a figure is made from, by the names that it gives them."""
    experiment = experiment_of(wildcards)
    figure = registered.load(wildcards.figure)
    variants = VARIANTS if experiment is THIS else []
    return {
        name: (
            [str(SPEED)] * (SPEED.exists() and bench_fits(experiment))
            if wanted.file == "speed"
            else gather.paths(wanted, experiment, variants, MAKERS)
        )
        for name, wanted in figure.INPUTS.items()
    }


def bench_fits(experiment):
    """Whether other simulators were measured with this network."""
    return Rig(experiment).network.sizes == paper.LAYERS


def figure_identities(wildcards):
    """Parameter: identities of all stages."""
    experiment_of(wildcards)
    return IDENTITIES[wildcards.experiment]


def figure_code(wildcards):
    """Parameter: hash of a figure's code."""
    return code_of(f"figures.{wildcards.figure}")


rule figure:
    input:
        unpack(figure_inputs),
    output:
        **{kind: f"{FIGURE}.{kind}" for kind in KINDS},
    log:
        log_of("figure.{figure}"),
    benchmark:
        benchmark_of("figure.{figure}")
    wildcard_constraints:
        figure="|".join((*registered.FIGURES, *registered.SWEEP_FIGURES)),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        identities=figure_identities,
        code=figure_code,
    message:
        "figure: {wildcards.figure}"
    script:
        "../scripts/figure.py"


rule figures:
    input:
        [figure_path(name, kind) for name in registered.FIGURES for kind in KINDS],
