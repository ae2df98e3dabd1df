rule dataset:
    input:
        files=data_files,
    output:
        dataset=output("dataset"),
    log:
        log_of("dataset"),
    benchmark:
        benchmark_of("dataset")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("dataset"),
        runtime=minutes("dataset"),
    params:
        script=script_of("dataset"),
        identities=identities("dataset"),
    message:
        "preparing the images"
    script:
        "../scripts/dataset.py"
