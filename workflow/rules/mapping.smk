rule mapping:
    input:
        calibration=made("calibration"),
        answering=answering,
    output:
        mapping=output("mapping"),
        table=output("mapping").replace(".npz", ".csv"),
        losses=output("mapping").replace(".npz", "_losses.csv"),
    log:
        log_of("mapping.{run}"),
    benchmark:
        benchmark_of("mapping.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        script=script_of("mapping"),
        identities=identities("mapping"),
    message:
        "run {wildcards.run}: placing the network"
    script:
        "../scripts/mapping.py"
