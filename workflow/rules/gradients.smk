"""How far the estimators of a sweep point away from the true gradient of the emulated network."""

DIFFERENCES = config["finite_differences"]
CHECKPOINTS = [
    (run, iteration)
    for run in range(DIFFERENCES["runs"])
    for iteration in DIFFERENCES["iterations"]
]
ESTIMATORS = []
if CHECKPOINTS and VARIANTS:
    try:
        ESTIMATORS = sweep.estimators(config, VARIANTS)
    except UserError as error:
        sys.exit(f"error in the configuration: {error}")


rule finite_differences:
    input:
        before=lambda wildcards: checkpoint_path(int(wildcards.iteration)),
        dataset=DATASET,
        placement=PLACEMENT,
        codes=CONVERTED,
    output:
        f"{RUN}/finite_differences/{{iteration}}.npz",
    log:
        f"{LOGS}/finite_differences_{{run}}_{{iteration}}.log",
    benchmark:
        f"{BENCHMARKS}/finite_differences_{{run}}_{{iteration}}.tsv"
    wildcard_constraints:
        iteration=r"\d+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        # more runs or checkpoints must not redo those that exist
        config=LOOP | sections("finite_differences.images", "finite_differences.step"),
        config_hash=rig.config_hash(config),
    message:
        "run {wildcards.run}: the true gradient after iteration {wildcards.iteration}"
    script:
        "../scripts/finite_differences.py"


rule estimates:
    input:
        before=lambda wildcards: checkpoint_path(int(wildcards.iteration)),
        dataset=DATASET,
        placement=PLACEMENT,
        codes=CONVERTED,
    output:
        f"{RUN}/estimates/{{iteration}}.npz",
    log:
        f"{LOGS}/estimates_{{run}}_{{iteration}}.log",
    benchmark:
        f"{BENCHMARKS}/estimates_{{run}}_{{iteration}}.tsv"
    wildcard_constraints:
        iteration=r"\d+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        config=LOOP,
        config_hash=rig.config_hash(config),
        loops=ESTIMATORS,
    message:
        "run {wildcards.run}: estimates of the gradient after iteration {wildcards.iteration}"
    script:
        "../scripts/estimates.py"


rule figure_angles:
    input:
        gradients=[
            f"{RUN}/finite_differences/{i:04d}.npz".format(run=r)
            for r, i in CHECKPOINTS
        ],
        estimates=[f"{RUN}/estimates/{i:04d}.npz".format(run=r) for r, i in CHECKPOINTS],
        summaries=[
            f"results/{variant['experiment']}/summary.json" for variant in VARIANTS
        ]
        or nothing_to_sweep,
    output:
        **figure_output("angles"),
    log:
        f"{LOGS}/figure_angles.log",
    benchmark:
        f"{BENCHMARKS}/figure_angles.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("sweep"),
        checkpoints=CHECKPOINTS,
    message:
        "figure: angles to the true gradient"
    script:
        "../scripts/figure_angles.py"
