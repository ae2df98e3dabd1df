"""From MNIST to a network trained in the loop on an emulated wafer."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/software.smk"
include: "workflow/rules/calibration.smk"
include: "workflow/rules/mapping.smk"
include: "workflow/rules/conversion.smk"
include: "workflow/rules/loop.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/sweep.smk"
include: "workflow/rules/gradients.smk"


localrules:
    all,
    figures,
    report,
    sweep,


rule all:
    default_target: True
    input:
        rules.figures.input,
        of_runs(checkpoint_path(LAST)),
        f"{RESULTS}/summary.json",
        f"{RESULTS}/manifest.json",
        f"{RESULTS}/report.html",


onsuccess:
    announce(RESULTS)
