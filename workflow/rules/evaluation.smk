rule evaluation:
    input:
        weights=evaluated_weights,
        codes=evaluated_codes,
        dataset=DATASET,
        placement=PLACEMENT,
    output:
        f"{RUN}/evaluation/{{state}}.npz",
    log:
        f"{LOGS}/evaluation_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluation_{{state}}_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        config=evaluated_config,
        config_hash=evaluated_hash,
    message:
        "run {wildcards.run}: whole test set on the wafer ({wildcards.state})"
    script:
        "../scripts/evaluation.py"
