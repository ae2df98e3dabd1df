"""What each circuit does: measured once per HICANN, used by every run on it."""


rule answering:
    output:
        f"{RESULTS}/calibration/w{{wafer}}.npz",
    log:
        f"{LOGS}/answering_w{{wafer}}.log",
    benchmark:
        f"{BENCHMARKS}/answering_w{{wafer}}.tsv"
    wildcard_constraints:
        wafer=r"\d+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=needs("answering"),
    message:
        "wafer {wildcards.wafer}: which HICANNs answer"
    script:
        "../scripts/answering.py"


rule calibrate_hicann:
    output:
        f"{RESULTS}/calibration/w{{wafer}}-h{{hicann}}.npz",
    log:
        f"{LOGS}/calibrate_w{{wafer}}-h{{hicann}}.log",
    benchmark:
        f"{BENCHMARKS}/calibrate_w{{wafer}}-h{{hicann}}.tsv"
    wildcard_constraints:
        wafer=r"\d+",
        hicann=r"\d+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=needs("calibrate_hicann"),
    message:
        "wafer {wildcards.wafer}: calibrating HICANN {wildcards.hicann}"
    script:
        "../scripts/calibrate_hicann.py"


rule calibration:
    input:
        region_calibrations,
    output:
        transfers=f"{RUN}/calibration.npz",
        table=f"{RUN}/calibration.csv",
    log:
        f"{LOGS}/calibration_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/calibration_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=needs("calibration"),
    message:
        "run {wildcards.run}: the calibration of its region of the wafer"
    script:
        "../scripts/calibration.py"


rule calibrate_wafer:
    input:
        [
            hicann_calibration(config["substrate"]["wafer"], h)
            for h in range(geometry.HICANNS)
        ],
    output:
        f"{RESULTS}/calibration/wafer.csv",
    log:
        f"{LOGS}/calibrate_wafer.log",
    benchmark:
        f"{BENCHMARKS}/calibrate_wafer.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "the calibration of the whole wafer"
    script:
        "../scripts/calibrate_wafer.py"
