rule summary:
    input:
        **{state: summarised(state) for state in STATES},
        software=made_by_runs("software"),
        loops=in_place_of([output("summary")], made_by_runs("loop_table")),
        dataset=made("dataset"),
        mapping=made("mapping", run=0),
    output:
        summary=output("summary"),
    log:
        log_of("summary"),
    benchmark:
        benchmark_of("summary")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("summary"),
        runtime=minutes("summary"),
    params:
        script=script_of("summary"),
        identities=identities("summary"),
    message:
        "summary of all runs"
    script:
        "../scripts/summary.py"


rule manifest:
    input:
        summary=made("summary"),
        figures=in_place_of([output("manifest")], report_figures),
    output:
        manifest=output("manifest"),
    log:
        log_of("manifest"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("manifest"),
        runtime=minutes("manifest"),
    params:
        script=script_of("manifest"),
        identities=identities_of(*stages.STAGES, "manifest"),
        makers=makers,
    message:
        "manifest: what made the results"
    script:
        "../scripts/manifest.py"


rule html_report:
    input:
        **{state: summarised(state) for state in STATES},
        summary=made("summary"),
        manifest=made("manifest"),
        figures=in_place_of([output("report")], drawn_figures),
        dataset=made("dataset"),
        loops=made_by_runs("loop_table"),
        mappings=made_by_runs("mapping"),
        calibrations=made_by_runs("calibration"),
        checkpoints=first_and_last,
    output:
        report=report(
            output("report"),
            caption="../report/report.rst",
            category="Results",
            labels={"page": "all results", "experiment": "{experiment}"},
        ),
    log:
        log_of("html_report"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("report"),
        runtime=minutes("report"),
    params:
        script=script_of("report"),
        identities=identities_of(
            *stages.STAGES,
            "manifest",
            "report",
            *map(pages.figure, registered.FIGURES),
        ),
    message:
        "report"
    script:
        "../scripts/report.py"


rule report:
    input:
        of(THIS, "report"),
