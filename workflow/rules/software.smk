try:
    START = configuration.start(config, Path("results"))
except UserError as error:
    sys.exit(f"error in the configuration: {error}")


rule software:
    input:
        start=[START] if START else [],
        dataset=DATASET,
    output:
        weights=f"{RUN}/software.npz",
        progress=f"{RUN}/software.csv",
    log:
        f"{LOGS}/software_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/software_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=needs("software"),
    message:
        "run {wildcards.run}: training the software network"
    script:
        "../scripts/software.py"
