rule conversion:
    input:
        dataset=f"{RESULTS}/dataset.npz",
        weights=f"{RUN}/software.npz",
        calibration=f"{RUN}/calibration.npz",
        placement=f"{RUN}/mapping.npz",
    output:
        codes=f"{RUN}/conversion/{{state}}.npz",
        table=f"{RUN}/conversion/{{state}}.csv",
    log:
        f"{LOGS}/conversion_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/conversion_{{state}}_{{run}}.tsv"
    wildcard_constraints:
        state="uncalibrated|converted",
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=CONVERSION,
    message:
        "run {wildcards.run}: choosing gains ({wildcards.state})"
    script:
        "../scripts/conversion.py"


rule first_checkpoint:
    input:
        weights=f"{RUN}/software.npz",
        codes=f"{RUN}/conversion/converted.npz",
    output:
        checkpoint_path(0),
    log:
        f"{LOGS}/first_checkpoint_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/first_checkpoint_{{run}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config_hash=experiment.config_hash(config),
    message:
        "run {wildcards.run}: quantising the weights"
    script:
        "../scripts/first_checkpoint.py"


rule activation:
    input:
        calibration=f"{RUN}/calibration.npz",
        placement=f"{RUN}/mapping.npz",
        codes=f"{RUN}/conversion/{{state}}.npz",
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
        config=region(),
    message:
        "run {wildcards.run}: rates against input ({wildcards.state})"
    script:
        "../scripts/activation.py"
