"""What each circuit does: measured once per HICANN, used by every run on it."""


rule answering:
    output:
        answering=output("answering"),
    log:
        log_of("answering.w{wafer}"),
    benchmark:
        benchmark_of("answering.w{wafer}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("answering"),
        runtime=minutes("answering"),
    params:
        script=script_of("answering"),
        identities=identities("answering"),
    message:
        "wafer {wildcards.wafer}: which HICANNs answer"
    script:
        "../scripts/answering.py"


rule calibrate_hicann:
    output:
        hicann=output("hicann"),
    log:
        log_of("calibrate_hicann.w{wafer}-h{hicann}"),
    benchmark:
        benchmark_of("calibrate_hicann.w{wafer}-h{hicann}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("calibrate_hicann"),
        runtime=minutes("calibrate_hicann"),
    params:
        script=script_of("calibrate_hicann"),
        identities=identities("calibrate_hicann"),
    message:
        "wafer {wildcards.wafer}: calibrating HICANN {wildcards.hicann}"
    script:
        "../scripts/calibrate_hicann.py"


rule calibration:
    input:
        hicanns=region_calibrations,
    output:
        calibration=output("calibration"),
        table=output("calibration_table"),
    log:
        log_of("calibration.{run}"),
    benchmark:
        benchmark_of("calibration.{run}")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("calibration"),
        runtime=minutes("calibration"),
    params:
        script=script_of("calibration"),
        identities=identities("calibration"),
    message:
        "run {wildcards.run}: the calibration of its region of the wafer"
    script:
        "../scripts/calibration.py"


rule wafer_table:
    input:
        hicanns=wafer_calibrations,
    output:
        table=output("wafer_table"),
    log:
        log_of("wafer_table"),
    benchmark:
        benchmark_of("wafer_table")
    conda:
        "../../environment.yml"
    resources:
        mem_mb=memory("wafer_table"),
        runtime=minutes("wafer_table"),
    params:
        script=script_of("wafer_table"),
        identities=identities_of("calibrate_hicann", "wafer_table"),
    message:
        "the calibration of the whole wafer"
    script:
        "../scripts/wafer_table.py"


rule calibrate_wafer:
    input:
        of(THIS, "wafer_table"),
