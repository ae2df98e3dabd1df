"""The loop: a chain of jobs, each of which turns a checkpoint into a later one.

A job writes a checkpoint after each of its iterations, in place of the one before; rules know the
last one only. A job that was interrupted goes on from the checkpoint that is there.
"""


rule first_checkpoint:
    input:
        software=made("software"),
    output:
        checkpoint=files.path("checkpoint", "{experiment}", iteration=0),
    log:
        log_of("first_checkpoint.{run}"),
    benchmark:
        benchmark_of("first_checkpoint.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("first_checkpoint"),
        runtime=minutes("first_checkpoint"),
    params:
        script=script_of("first_checkpoint"),
        identities=identities("loop"),
    message:
        "run {wildcards.run}: quantising the weights"
    script:
        "../scripts/first_checkpoint.py"


rule iterate:
    input:
        before=checkpoint_before,
        dataset=made("dataset"),
        software=made("software"),
        mapping=made("mapping"),
        circuits=made("circuits", state="converted"),
        chips=chip_calibrations,
    output:
        checkpoint=output("checkpoint"),
    log:
        log_of("iterate.{iteration}.{run}"),
    benchmark:
        benchmark_of("iterate.{iteration}.{run}")
    wildcard_constraints:
        iteration=r"(?!0000)\d+",
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=memory("loop"),
        runtime=minutes("loop"),
    params:
        script=script_of("iterate"),
        identities=identities("loop"),
    message:
        "run {wildcards.run}: in the loop, to iteration {wildcards.iteration}"
    script:
        "../scripts/iterate.py"


rule loop_table:
    input:
        checkpoints=checkpoints,
        converted=made("evaluation", state="converted"),
        final=made("final"),
    output:
        loop_table=output("loop_table"),
    log:
        log_of("loop_table.{run}"),
    benchmark:
        benchmark_of("loop_table.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("loop_table"),
        runtime=minutes("loop_table"),
    params:
        script=script_of("loop_table"),
        identities=identities("loop_table"),
    message:
        "run {wildcards.run}: collecting the loop's measurements"
    script:
        "../scripts/loop_table.py"
