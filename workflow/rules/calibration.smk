rule calibration:
    output:
        transfers=f"{RUN}/calibration.npz",
        table=f"{RUN}/calibration.csv",
    log:
        f"{LOGS}/calibration_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/calibration_{{run}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        config=sections("dataset", "network", "substrate", "calibration"),
    message:
        "run {wildcards.run}: calibrating its region of the wafer"
    script:
        "../scripts/calibration.py"
