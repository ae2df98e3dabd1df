"""The target sweep: every variant is a whole experiment of its own, below this one's results.

Where it measures true gradients, it also tells how far the rules of its variants point away from
them.
"""


rule finite_differences:
    input:
        before=made("checkpoint"),
        dataset=made("dataset"),
        mapping=made("mapping"),
        circuits=made("circuits", state="converted"),
    output:
        gradients=output("finite_differences"),
    log:
        log_of("finite_differences.{run}.{iteration}"),
    benchmark:
        benchmark_of("finite_differences.{run}.{iteration}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("finite_differences"),
        runtime=minutes("finite_differences"),
    params:
        script=script_of("finite_differences"),
        identities=identities("finite_differences"),
    message:
        "run {wildcards.run}: the true gradient after iteration {wildcards.iteration}"
    script:
        "../scripts/finite_differences.py"


rule estimates:
    input:
        before=made("checkpoint"),
        dataset=made("dataset"),
        mapping=made("mapping"),
        circuits=made("circuits", state="converted"),
    output:
        estimates=output("estimates"),
    log:
        log_of("estimates.{run}.{iteration}"),
    benchmark:
        benchmark_of("estimates.{run}.{iteration}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("estimates"),
        runtime=minutes("estimates"),
    params:
        script=script_of("estimates"),
        identities=identities("estimates"),
        loops=[settings.as_dict(loop) for loop in RULES],
    message:
        "run {wildcards.run}: estimates of the gradient after iteration {wildcards.iteration}"
    script:
        "../scripts/estimates.py"


rule sweep_table:
    input:
        summaries=in_place_of([output("sweep_table")], summaries),
    output:
        sweep_table=output("sweep_table"),
    log:
        log_of("sweep_table"),
    benchmark:
        benchmark_of("sweep_table")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("sweep_table"),
        runtime=minutes("sweep_table"),
    params:
        script=script_of("sweep_table"),
        variants=SETTINGS,
        identities=identities_of("sweep_table"),
        others=others("summary"),
    message:
        "all variants of the sweep in one table"
    script:
        "../scripts/sweep_table.py"


rule sweep_report:
    input:
        sweep_table=made("sweep_table"),
        figures=in_place_of([output("sweep_report")], drawn_sweep_figures),
    output:
        sweep_report=output("sweep_report"),
    log:
        log_of("sweep_report"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("sweep_report"),
        runtime=minutes("sweep_report"),
    params:
        script=script_of("sweep_report"),
        identities=identities_of(
            "sweep_table",
            "sweep_report",
            *map(pages.figure, registered.SWEEP_FIGURES),
        ),
    message:
        "report of the sweep"
    script:
        "../scripts/sweep_report.py"


rule sweep:
    input:
        figure_files(THIS.experiment, SWEEP_FIGURES),
        of(THIS, "sweep_report"),
