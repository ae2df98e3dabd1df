rule software:
    input:
        f"{RESULTS}/dataset.npz",
    output:
        weights=f"{RUN}/software.npz",
        progress=f"{RUN}/software.csv",
    params:
        config=sections("dataset", "network", "software"),
    log:
        f"{LOGS}/software_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/software_{{run}}.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        "../../environment.yml"
    message:
        "run {wildcards.run}: training the software network"
    script:
        "../scripts/software.py"
