rule mapping:
    input:
        calibration=made("calibration"),
        answering=answering,
    output:
        mapping=output("mapping"),
        table=output("mapping_table"),
        losses=output("losses"),
    log:
        log_of("mapping.{run}"),
    benchmark:
        benchmark_of("mapping.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("mapping"),
        runtime=minutes("mapping"),
    params:
        script=script_of("mapping"),
        identities=identities("mapping"),
    message:
        "run {wildcards.run}: placing the network"
    script:
        "../scripts/mapping.py"
