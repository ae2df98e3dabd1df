rule evaluation:
    input:
        software=made("software"),
        circuits=made("circuits"),
        dataset=made("dataset"),
        mapping=made("mapping"),
    output:
        evaluation=output("evaluation"),
    log:
        log_of("evaluation.{state}.{run}"),
    benchmark:
        benchmark_of("evaluation.{state}.{run}")
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=memory("evaluation"),
        runtime=minutes("evaluation"),
    params:
        script=script_of("evaluation"),
        identities=identities("evaluation"),
    message:
        "run {wildcards.run}: whole test set on the wafer ({wildcards.state})"
    script:
        "../scripts/evaluation.py"


rule final:
    input:
        checkpoint=last_checkpoint,
        circuits=made("circuits", state="converted"),
        dataset=made("dataset"),
        mapping=made("mapping"),
    output:
        final=output("final"),
    log:
        log_of("final.{run}"),
    benchmark:
        benchmark_of("final.{run}")
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=memory("final"),
        runtime=minutes("final"),
    params:
        script=script_of("final"),
        identities=identities("final"),
    message:
        "run {wildcards.run}: whole test set on the wafer (after the loop)"
    script:
        "../scripts/final.py"
