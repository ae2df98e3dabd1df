"""What rules read and are told, stage by stage: functions of their wildcards."""


def data_files(wildcards):
    """Files that the data come from: their content counts, not their time."""
    return [ancient(path) for path in DATA[experiment_of(wildcards).dataset]]


def start(wildcards):
    """Checkpoint of another experiment that a run starts from, if any."""
    experiment_of(wildcards)
    path = STARTS[wildcards.experiment]
    return [path.format(run=wildcards.run)] if path else []


def rig_of(wildcards):
    """The run that a file belongs to."""
    return Rig(experiment_of(wildcards), int(wildcards.run))


def region_calibrations(wildcards):
    """Calibrations of the HICANNs of a run."""
    rig = rig_of(wildcards)
    hicanns = rig.hicanns.tolist() if needs_calibration(rig.settings) else []
    return [of(rig.settings, "hicann", wafer=rig.wafer, hicann=h) for h in hicanns]


def wafer_calibrations(wildcards):
    """Calibrations of all HICANNs of the wafer."""
    experiment = experiment_of(wildcards)
    wafer = experiment.substrate.wafer
    return [
        of(experiment, "hicann", wafer=wafer, hicann=h) for h in range(geometry.HICANNS)
    ]


def answering(wildcards):
    """HICANNs that answer, of the wafer that a run is on."""
    rig = rig_of(wildcards)
    return of(rig.settings, "answering", wafer=rig.wafer)


def ends(experiment):
    """Iterations after which a job ends, besides the last one."""
    chunk = experiment.loop.iterations_per_job
    return {
        *range(0, experiment.loop.iterations, chunk),
        *experiment.finite_differences.iterations,
    }


ENDS = {name: sorted(ends(one)) for name, one in EXPERIMENTS.items()}
# Snakemake follows a chain of jobs from its end by calling itself
sys.setrecursionlimit(10_000 + 50 * max(map(len, ENDS.values())))


def checkpoint_before(wildcards):
    """Checkpoint that the job of a later one starts from."""
    experiment, iteration = experiment_of(wildcards), int(wildcards.iteration)
    before = max(end for end in ENDS[wildcards.experiment] if end < iteration)
    return of(experiment, "checkpoint", run=wildcards.run, iteration=before)


def iteration_minutes(wildcards):
    """Time that a job may take."""
    return 5 * experiment_of(wildcards).loop.iterations_per_job


def checkpoints(wildcards):
    """All checkpoints that rules know of, in their order."""
    experiment = experiment_of(wildcards)
    last = experiment.loop.iterations
    return [
        of(experiment, "checkpoint", run=wildcards.run, iteration=end)
        for end in (*ENDS[wildcards.experiment], last)
        if end
    ]


def last_checkpoint(wildcards):
    """Checkpoint after the last iteration."""
    experiment = experiment_of(wildcards)
    last = experiment.loop.iterations
    return of(experiment, "checkpoint", run=wildcards.run, iteration=last)


KINDS = ("svg", "png", "csv")
FIGURE = f"{files.RESULTS}/{{experiment}}/figures/{{figure}}"


def figure_path(name, kind):
    """Path of a figure of the configured experiment."""
    return f"{files.RESULTS}/{THIS.experiment}/figures/{name}.{kind}"


def figure_inputs(wildcards):
    """Files that a figure is made from, by the names that it gives them."""
    experiment = experiment_of(wildcards)
    figure = registered.load(wildcards.figure)
    variants = VARIANTS if experiment is THIS else []
    return {
        name: (
            [ancient(SPEED)] * SPEED.exists()
            if wanted.file == "speed"
            else gather.paths(wanted, experiment, variants, MAKERS)
        )
        for name, wanted in figure.INPUTS.items()
    }


def figure_identities(wildcards):
    """Parameter: identities of all stages."""
    experiment_of(wildcards)
    return IDENTITIES[wildcards.experiment]


def figure_code(wildcards):
    """Parameter: hash of a figure's code."""
    return code_of(f"figures.{wildcards.figure}")


def figure_outside(wildcards):
    """Parameter: hashes of what a figure shows beside its own experiment."""
    shown = registered.load(wildcards.figure).INPUTS.values()
    speed = any(wanted.file == "speed" for wanted in shown) and SPEED.exists()
    return [
        datasets.fingerprint([SPEED] * speed),
        variants(wildcards) if any(wanted.variants for wanted in shown) else "",
    ]


def variants(wildcards):
    """Parameter: hash of the identities of all variants."""
    return configuration.fingerprint([IDENTITIES[one.experiment] for one in VARIANTS])


def summarised(state):
    """Input function: evaluations of a state that the summary of an experiment tells of."""

    def found(wildcards):
        # a sweep compares variants just converted and after the loop, and needs no more of them
        if state == "uncalibrated" and experiment_of(wildcards) is not THIS:
            return []
        return made_by_runs("evaluation", state=state)(wildcards)

    return found


def report_figures(wildcards):
    """All figures of an experiment."""
    return expand(
        f"{FIGURE}.svg", experiment=wildcards.experiment, figure=registered.FIGURES
    )


def makers(wildcards):
    """Parameter: which other experiments have made stages for this one."""
    found = MAKERS[experiment_of(wildcards).experiment]
    return {
        stage: made for stage, made in found.items() if made != wildcards.experiment
    }


DIFFERENCES = THIS.finite_differences
RULES = []
try:
    if DIFFERENCES.iterations and VARIANTS:
        RULES = sweep.rules(THIS, VARIANTS)
except UserError as error:
    sys.exit(f"error in the configuration: {error}")


def summaries(wildcards):
    """Summaries of all variants."""
    return [of(one, "summary") for one in VARIANTS] or nothing_to_sweep(wildcards)
