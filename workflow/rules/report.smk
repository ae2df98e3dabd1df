rule summary:
    input:
        **evaluations(*SUMMARISED),
        weights=of_runs(SOFTWARE),
        loops=of_runs(f"{RUN}/loop.csv"),
        dataset=DATASET,
        placement=PLACEMENT.format(run=0),
    output:
        f"{RESULTS}/summary.json",
    log:
        f"{LOGS}/summary.log",
    benchmark:
        f"{BENCHMARKS}/summary.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("experiment", "encoding", "substrate", "loop"),
    message:
        "summary of all runs"
    script:
        "../scripts/summary.py"


rule manifest:
    input:
        f"{RESULTS}/summary.json",
    output:
        f"{RESULTS}/manifest.json",
    log:
        f"{LOGS}/manifest.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=config,
        benchmarks=BENCHMARKS,
        makers=MAKERS,
        root=os.path.relpath(ROOT),
    message:
        "manifest: what made the results"
    script:
        "../scripts/manifest.py"


rule html_report:
    input:
        summary=f"{RESULTS}/summary.json",
        manifest=f"{RESULTS}/manifest.json",
        figures=expand(f"{RESULTS}/figures/{{name}}.svg", name=FIGURES),
    output:
        report(
            f"{RESULTS}/report.html",
            caption="../report/report.rst",
            category="Results",
        ),
    log:
        f"{LOGS}/html_report.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        captions=list(FIGURES.values()),
    message:
        "report"
    script:
        "../scripts/report.py"


rule report:
    input:
        f"{RESULTS}/report.html",
