rule mapping:
    input:
        calibration=CALIBRATION,
        answering=answering_hicanns,
    output:
        placement=f"{RUN}/mapping.npz",
        table=f"{RUN}/mapping.csv",
        losses=f"{RUN}/mapping_losses.csv",
    log:
        f"{LOGS}/mapping_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/mapping_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        config=needs("mapping"),
    message:
        "run {wildcards.run}: placing the network"
    script:
        "../scripts/mapping.py"
