"""Figures, each with the CSV of what it plots beside it: one rule for all that are registered."""


rule figure:
    input:
        unpack(in_place_of(DRAWN.values(), figure_inputs)),
    output:
        **DRAWN
        | {
            "svg": report(
                DRAWN["svg"],
                caption="../report/figure.rst",
                category=figure_category,
                labels=figure_labels,
            )
        },
    log:
        log_of("figure.{figure}"),
    benchmark:
        benchmark_of("figure.{figure}")
    wildcard_constraints:
        figure="|".join((*registered.FIGURES, *registered.SWEEP_FIGURES)),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("figure"),
        runtime=minutes("figure"),
    params:
        script=script_of("figure"),
        identities=figure_identities,
        others=figure_others,
        caption=figure_caption,
    message:
        "figure: {wildcards.figure}"
    script:
        "../scripts/figure.py"


rule figures:
    input:
        figure_files(THIS.experiment, registered.FIGURES),
