rule mapping:
    input:
        f"{RUN}/calibration.npz",
    output:
        placement=f"{RUN}/mapping.npz",
        table=f"{RUN}/mapping.csv",
    params:
        config=region(),
    log:
        f"{LOGS}/mapping_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/mapping_{{run}}.tsv"
    resources:
        mem_mb=500,
        runtime=10,
    conda:
        "../../environment.yml"
    message:
        "run {wildcards.run}: placing the network"
    script:
        "../scripts/mapping.py"
