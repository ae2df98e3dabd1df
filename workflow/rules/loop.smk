"""The loop: a chain of jobs, each of which turns a checkpoint into the next one (or few)."""

CHUNK = config["loop"]["iterations_per_job"]
# more iterations than before must not redo those that exist
LOOP = {
    **sections("dataset", "network", "encoding", "substrate"),
    "loop": {
        k: v
        for k, v in config["loop"].items()
        if k not in ("iterations", "iterations_per_job")
    },
}

for first in range(1, LAST + 1, CHUNK):

    rule:
        name:
            f"iterate_{first:04d}"
        input:
            before=checkpoint_path(first - 1),
            dataset=DATASET,
            placement=PLACEMENT,
            codes=CONVERTED,
        output:
            [checkpoint_path(i) for i in range(first, min(first + CHUNK, LAST + 1))],
        log:
            f"{LOGS}/iterate_{first:04d}_{{run}}.log",
        benchmark:
            f"{BENCHMARKS}/iterate_{first:04d}_{{run}}.tsv"
        group:
            "run"
        conda:
            "../../environment.yml"
        threads: THREADS
        resources:
            mem_mb=1500,
            runtime=5 * CHUNK,
        params:
            config=LOOP,
            config_hash=rig.config_hash(config),
        message:
            f"run {{wildcards.run}}: iteration {first} of {LAST} in the loop"
        script:
            "../scripts/iterate.py"


rule loop_table:
    input:
        checkpoints=[checkpoint_path(i) for i in range(1, LAST + 1)],
        converted=evaluation_path("converted"),
        final=evaluation_path("in_the_loop"),
    output:
        f"{RUN}/loop.csv",
    log:
        f"{LOGS}/loop_table_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/loop_table_{{run}}.tsv"
    group:
        "run"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config_hash=rig.config_hash(config),
    message:
        "run {wildcards.run}: collecting the loop's measurements"
    script:
        "../scripts/loop_table.py"
