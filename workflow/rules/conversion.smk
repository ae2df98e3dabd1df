rule conversion:
    input:
        dataset=made("dataset"),
        software=made("software"),
        calibration=made("calibration"),
        mapping=made("mapping"),
    output:
        circuits=output("circuits"),
        table=output("gains"),
    log:
        log_of("conversion.{state}.{run}"),
    benchmark:
        benchmark_of("conversion.{state}.{run}")
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=memory("conversion"),
        runtime=minutes("conversion"),
    params:
        script=script_of("conversion"),
        identities=identities("conversion"),
    message:
        "run {wildcards.run}: choosing gains ({wildcards.state})"
    script:
        "../scripts/conversion.py"


rule activation:
    input:
        calibration=made("calibration"),
        mapping=made("mapping"),
        circuits=made("circuits"),
    output:
        activation=output("activation"),
    log:
        log_of("activation.{state}.{run}"),
    benchmark:
        benchmark_of("activation.{state}.{run}")
    conda:
        "../../environment.yml"
    threads: THREADS
    resources:
        mem_mb=memory("activation"),
        runtime=minutes("activation"),
    params:
        script=script_of("activation"),
        identities=identities("activation"),
    message:
        "run {wildcards.run}: rates against input ({wildcards.state})"
    script:
        "../scripts/activation.py"


rule traces:
    input:
        calibration=made("calibration"),
        mapping=made("mapping"),
        circuits=made("circuits"),
    output:
        traces=output("traces"),
    log:
        log_of("traces.{state}.{run}"),
    benchmark:
        benchmark_of("traces.{state}.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("traces"),
        runtime=minutes("traces"),
    params:
        script=script_of("traces"),
        identities=identities("traces"),
    message:
        "run {wildcards.run}: membrane traces ({wildcards.state})"
    script:
        "../scripts/traces.py"
