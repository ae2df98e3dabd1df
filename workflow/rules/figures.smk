"""Figures, each with the CSV of what it plots beside it."""

from waferloop.analysis import paper

SPEED = ROOT / "benchmarks/results/speed.json"
OVER = "1 run" if config["runs"] == 1 else f"{config['runs']} runs"

# in the order of the story: what came out, the circuits, their place, the network, the time
FIGURES = {
    "accuracy": f"Training in software and then in the loop, median and 15.9 to 84.1 % over {OVER}. "
    "In the loop: batches as a band, the whole test set as points. Squares: what the paper reports, "
    "from 130 runs on five MNIST digits: 97 % in software, 72 % (+12/-10) just converted, 95 % (+1/-2) after the loop.",
    "comparison": f"Accuracy on the whole test set in every state of {OVER} (dots): median and 15.9 to "
    "84.1 percentiles, with what the paper reports from 130 runs below.",
    "traces": "Run 0: membranes of some of its neurons under the same stimulus, as the ADC sees them, "
    "in biological units, with documented and with calibrated codes. Dotted: the targets. Without "
    "calibration rest, threshold, reset and time constants differ from circuit to circuit; where rest "
    "lies above threshold, a neuron fires without input.",
    "calibration": "Run 0's part of the wafer: measured minus target of every circuit, with documented "
    "and with calibrated codes, each after one write. What is left is mostly rewrite noise.",
    "activation": "Run 0: rate of each of its neurons against the rate of 24 equal excitatory Poisson "
    "sources, with documented and with calibrated codes (the paper shows such curves of its hardware).",
    "wafer": f"{OVER} on the wafer: HICANNs with neurons and with inputs, unusable circuits, HICANNs "
    "that do not answer, lost synapses.",
    "synapses": "Run 0: the two synapse arrays of its busiest HICANN. Grey: defective drivers and "
    "circuits, around which the network was placed.",
    "weights": "Run 0: weights of all connections in software, as written when just converted "
    "and as written after the loop, and by how much the loop changed their codes.",
    "rates": "Run 0: measured rate of every neuron against the activation of a software network "
    "with the weights as written, just converted and after the loop. A colour is a neuron.",
    "raster": "Run 0: spikes for the first test image of each class, just converted and after the "
    "loop. Input grey at the bottom, the output layer on top.",
    "confusion": f"What the test images of each class are read as, mean over {OVER}: without "
    "calibration, with it, and after the loop.",
    "timing": f"What an iteration and the whole training of a run take: on the wafer (computed; sources "
    f"and assumptions in waferloop/timing.py), here (median over {OVER}) and, for the paper's network, "
    "in simulators, were they as fast as make bench measured. The paper gives its wafer's acceleration: "
    "10,000.",
}


rule figure_accuracy:
    input:
        software=of_runs(PROGRESS),
        loops=of_runs(f"{RUN}/loop.csv"),
    output:
        **figure_output("accuracy"),
    log:
        f"{LOGS}/figure_accuracy.log",
    benchmark:
        f"{BENCHMARKS}/figure_accuracy.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: accuracy over the training"
    script:
        "../scripts/figure_accuracy.py"


rule figure_comparison:
    input:
        f"{RESULTS}/summary.json",
    output:
        **figure_output("comparison"),
    log:
        f"{LOGS}/figure_comparison.log",
    benchmark:
        f"{BENCHMARKS}/figure_comparison.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("dataset"),
    message:
        "figure: accuracy beside the paper's"
    script:
        "../scripts/figure_comparison.py"


rule traces:
    input:
        calibration=CALIBRATION,
        placement=PLACEMENT,
        codes=CODES,
    output:
        f"{RUN}/traces/{{state}}.npz",
    log:
        f"{LOGS}/traces_{{state}}_{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/traces_{{state}}_{{run}}.tsv"
    wildcard_constraints:
        state="uncalibrated|converted",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=needs("traces"),
    message:
        "run {wildcards.run}: membrane traces ({wildcards.state})"
    script:
        "../scripts/traces.py"


rule figure_traces:
    input:
        uncalibrated=TRACES.format(run=0, state="uncalibrated"),
        converted=TRACES.format(run=0, state="converted"),
    output:
        **figure_output("traces"),
    log:
        f"{LOGS}/figure_traces.log",
    benchmark:
        f"{BENCHMARKS}/figure_traces.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("substrate"),
    message:
        "figure: membrane traces"
    script:
        "../scripts/figure_traces.py"


rule figure_weights:
    input:
        software=SOFTWARE.format(run=0),
        first=checkpoint_path(0).format(run=0),
        last=checkpoint_path(LAST).format(run=0),
    output:
        **figure_output("weights"),
    log:
        f"{LOGS}/figure_weights.log",
    benchmark:
        f"{BENCHMARKS}/figure_weights.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("substrate"),
        config_hash=rig.config_hash(config),
    message:
        "figure: weights before and after the loop"
    script:
        "../scripts/figure_weights.py"


rule figure_timing:
    input:
        summary=f"{RESULTS}/summary.json",
        # simulators were measured with the paper's network
        speed=(
            [os.path.relpath(SPEED)]
            if SPEED.exists() and rig.layers(config) == paper.LAYERS
            else []
        ),
    output:
        **figure_output("timing"),
    log:
        f"{LOGS}/figure_timing.log",
    benchmark:
        f"{BENCHMARKS}/figure_timing.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: time account"
    script:
        "../scripts/figure_timing.py"


rule figure_raster:
    input:
        converted=evaluation_path("converted").format(run=0),
        in_the_loop=evaluation_path("in_the_loop").format(run=0),
    output:
        **figure_output("raster"),
    log:
        f"{LOGS}/figure_raster.log",
    benchmark:
        f"{BENCHMARKS}/figure_raster.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("dataset", "network"),
    message:
        "figure: spike raster"
    script:
        "../scripts/figure_raster.py"


rule figure_confusion:
    input:
        **evaluations(*STATES),
        dataset=DATASET,
    output:
        **figure_output("confusion"),
    log:
        f"{LOGS}/figure_confusion.log",
    benchmark:
        f"{BENCHMARKS}/figure_confusion.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("dataset"),
    message:
        "figure: confusion matrices"
    script:
        "../scripts/figure_confusion.py"


rule figure_rates:
    input:
        converted=evaluation_path("converted").format(run=0),
        in_the_loop=evaluation_path("in_the_loop").format(run=0),
        first=checkpoint_path(0).format(run=0),
        last=checkpoint_path(LAST).format(run=0),
        dataset=DATASET,
    output:
        **figure_output("rates"),
    log:
        f"{LOGS}/figure_rates.log",
    benchmark:
        f"{BENCHMARKS}/figure_rates.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("dataset", "network", "encoding", "substrate"),
        config_hash=rig.config_hash(config),
    message:
        "figure: rates against activations"
    script:
        "../scripts/figure_rates.py"


rule figure_activation:
    input:
        uncalibrated=ACTIVATION.format(run=0, state="uncalibrated"),
        converted=ACTIVATION.format(run=0, state="converted"),
    output:
        **figure_output("activation"),
    log:
        f"{LOGS}/figure_activation.log",
    benchmark:
        f"{BENCHMARKS}/figure_activation.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: rates against input"
    script:
        "../scripts/figure_activation.py"


rule figure_calibration:
    input:
        CALIBRATION.format(run=0),
    output:
        **figure_output("calibration"),
    log:
        f"{LOGS}/figure_calibration.log",
    benchmark:
        f"{BENCHMARKS}/figure_calibration.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: circuits before and after calibration"
    script:
        "../scripts/figure_calibration.py"


rule figure_wafer:
    input:
        placements=of_runs(PLACEMENT),
        calibrations=of_runs(CALIBRATION),
        answering=answering(config["substrate"]["wafer"]),
    output:
        **figure_output("wafer"),
    log:
        f"{LOGS}/figure_wafer.log",
    benchmark:
        f"{BENCHMARKS}/figure_wafer.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=sections("dataset", "network", "substrate"),
    message:
        "figure: the runs on the wafer"
    script:
        "../scripts/figure_wafer.py"


rule figure_synapses:
    input:
        placement=PLACEMENT.format(run=0),
        calibration=CALIBRATION.format(run=0),
    output:
        **figure_output("synapses"),
    log:
        f"{LOGS}/figure_synapses.log",
    benchmark:
        f"{BENCHMARKS}/figure_synapses.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "figure: synapse arrays of a HICANN"
    script:
        "../scripts/figure_synapses.py"


rule figures:
    input:
        expand(
            f"{RESULTS}/figures/{{name}}.{{kind}}",
            name=FIGURES,
            kind=("svg", "png", "csv"),
        ),
