rule dataset:
    output:
        f"{RESULTS}/dataset.npz",
    params:
        config=sections("dataset"),
        bundled=str(BUNDLED),
    log:
        f"{LOGS}/dataset.log",
    benchmark:
        f"{BENCHMARKS}/dataset.tsv"
    resources:
        mem_mb=1500,
        runtime=10,
    conda:
        "../../environment.yml"
    message:
        "preparing the images"
    script:
        "../scripts/dataset.py"
