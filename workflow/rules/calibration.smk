rule calibration:
    output:
        transfers=f"{RUN}/calibration.npz",
        table=f"{RUN}/calibration.csv",
    params:
        config=sections("dataset", "network", "substrate", "calibration"),
    log:
        f"{LOGS}/calibration_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/calibration_{{run}}.tsv"
    resources:
        mem_mb=1500,
        runtime=30,
    conda:
        "../../environment.yml"
    message:
        "run {wildcards.run}: calibrating its region of the wafer"
    script:
        "../scripts/calibration.py"
