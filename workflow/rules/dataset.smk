rule dataset:
    output:
        f"{RESULTS}/dataset.npz",
    log:
        f"{LOGS}/dataset.log",
    benchmark:
        f"{BENCHMARKS}/dataset.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        config=needs("dataset"),
        bundled=os.path.relpath(BUNDLED),
    message:
        "preparing the images"
    script:
        "../scripts/dataset.py"
