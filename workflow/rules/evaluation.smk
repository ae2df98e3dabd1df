EVALUATED = {
    "uncalibrated": checkpoint_path(0),
    "converted": checkpoint_path(0),
    "in_the_loop": checkpoint_path(LAST),
}


def evaluated_weights(wildcards):
    """Checkpoint whose weights are evaluated."""
    return EVALUATED[wildcards.state].format(run=wildcards.run)


def evaluated_codes(wildcards):
    """Analog configuration under which they are evaluated."""
    kind = "uncalibrated" if wildcards.state == "uncalibrated" else "converted"
    return f"{RESULTS}/runs/{wildcards.run}/conversion/{kind}.npz"


rule evaluation:
    input:
        weights=evaluated_weights,
        codes=evaluated_codes,
        dataset=f"{RESULTS}/dataset.npz",
        placement=f"{RUN}/mapping.npz",
    output:
        f"{RUN}/evaluation/{{state}}.npz",
    params:
        config=CONVERSION,
        config_hash=experiment.config_hash(config),
    log:
        f"{LOGS}/evaluation_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluation_{{state}}_{{run}}.tsv"
    threads: THREADS
    resources:
        mem_mb=1500,
        runtime=10,
    conda:
        "../../environment.yml"
    message:
        "run {wildcards.run}: whole test set on the wafer ({wildcards.state})"
    script:
        "../scripts/evaluation.py"
