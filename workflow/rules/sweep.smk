"""The target sweep: every variant is a whole experiment of its own, below this one's results.

What two experiments have in common is made once. A variant has all rules, so any of its files can be
asked for, but they read what another experiment makes from there.
"""

try:
    SETTINGS = sweep.settings(config)
    VARIANTS = [sweep.variant(config, values) for values in SETTINGS]
except UserError as error:
    sys.exit(f"error in the configuration: {error}")

for number, makers in enumerate(sweep.makers(config, VARIANTS)):
    variant = {**VARIANTS[number], sweep.MAKERS: makers}
    variant_name = f"variant_{number}"
    variant_prefix = f"{variant_name}_"

    module:
        name: variant_name
        snakefile:
            "../../Snakefile"
        config:
            variant

    use rule * from variant_name as variant_prefix*


rule sweep_table:
    input:
        [f"results/{variant['experiment']}/summary.json" for variant in VARIANTS]
        or nothing_to_sweep,
    output:
        f"{RESULTS}/sweep.csv",
    log:
        f"{LOGS}/sweep_table.log",
    benchmark:
        f"{BENCHMARKS}/sweep_table.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("sweep"),
    message:
        "all variants of the sweep in one table"
    script:
        "../scripts/sweep_table.py"


rule figure_sweep:
    input:
        f"{RESULTS}/sweep.csv",
    output:
        **figure_output("sweep"),
    log:
        f"{LOGS}/figure_sweep.log",
    benchmark:
        f"{BENCHMARKS}/figure_sweep.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: sweep"
    script:
        "../scripts/figure_sweep.py"


rule figure_learning_curves:
    input:
        [
            f"results/{variant['experiment']}/runs/{run}/loop.csv"
            for variant in VARIANTS
            for run in range(variant["runs"])
        ],
    output:
        **figure_output("learning_curves"),
    log:
        f"{LOGS}/figure_learning_curves.log",
    benchmark:
        f"{BENCHMARKS}/figure_learning_curves.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        names=[", ".join(map(sweep.text, values.values())) for values in SETTINGS],
        title=",\n".join(config["sweep"]["parameters"]),
    message:
        "figure: accuracy over the iterations of every variant"
    script:
        "../scripts/figure_learning_curves.py"


rule sweep:
    input:
        f"{RESULTS}/figures/sweep.svg",
        f"{RESULTS}/figures/learning_curves.svg",
        (
            [f"{RESULTS}/figures/angles.svg"]
            if config["finite_differences"]["iterations"]
            else []
        ),
