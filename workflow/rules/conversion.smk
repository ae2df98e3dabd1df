rule conversion:
    input:
        dataset=DATASET,
        weights=SOFTWARE,
        calibration=CALIBRATION,
        placement=PLACEMENT,
    output:
        codes=f"{RUN}/conversion/{{state}}.npz",
        table=f"{RUN}/conversion/{{state}}.csv",
    log:
        f"{LOGS}/conversion_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/conversion_{{state}}_{{run}}.tsv"
    wildcard_constraints:
        state="uncalibrated|converted",
    group:
        "run"
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=needs("conversion"),
    message:
        "run {wildcards.run}: choosing gains ({wildcards.state})"
    script:
        "../scripts/conversion.py"


rule first_checkpoint:
    input:
        weights=SOFTWARE,
        codes=CONVERTED,
    output:
        checkpoint_path(0),
    log:
        f"{LOGS}/first_checkpoint_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/first_checkpoint_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("substrate"),
        config_hash=rig.config_hash(config),
    message:
        "run {wildcards.run}: quantising the weights"
    script:
        "../scripts/first_checkpoint.py"


rule activation:
    input:
        calibration=CALIBRATION,
        placement=PLACEMENT,
        codes=CODES,
    output:
        f"{RUN}/activation/{{state}}.npz",
    log:
        f"{LOGS}/activation_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/activation_{{state}}_{{run}}.tsv"
    wildcard_constraints:
        state="uncalibrated|converted",
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=needs("activation"),
    message:
        "run {wildcards.run}: rates against input ({wildcards.state})"
    script:
        "../scripts/activation.py"
