rule software:
    input:
        start=start,
        dataset=made("dataset"),
    output:
        software=output("software"),
        progress=output("progress"),
    log:
        log_of("software.{run}"),
    benchmark:
        benchmark_of("software.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("software"),
        runtime=minutes("software"),
    params:
        script=script_of("software"),
        identities=identities("software"),
    message:
        "run {wildcards.run}: training the software network"
    script:
        "../scripts/software.py"
