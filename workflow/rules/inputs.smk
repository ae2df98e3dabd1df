"""What rules read and are told, stage by stage: functions of their wildcards."""


def data_files(wildcards):
    """Files that the data come from: their content counts, not their time."""
    return [ancient(path) for path in DATA[experiment_of(wildcards).dataset]]


def start(wildcards):
    """Checkpoint of another experiment that a run starts from, if any."""
    experiment_of(wildcards)
    paths = STARTS[wildcards.experiment]
    return [paths[int(wildcards.run)]] if paths else []


def rig_of(wildcards):
    """The run that a file belongs to."""
    return Rig(experiment_of(wildcards), int(wildcards.run))


def calibrations_of(rig):
    """Calibrations of the HICANNs of a run, or of one on another chip."""
    hicanns = rig.hicanns.tolist() if needs_calibration(rig.settings) else []
    return [of(rig.settings, "hicann", wafer=rig.wafer, hicann=h) for h in hicanns]


def region_calibrations(wildcards):
    """Calibrations of the HICANNs of a run."""
    return calibrations_of(rig_of(wildcards))


def chip_calibrations(wildcards):
    """Calibrations of the other chips that a run learns on, chip after chip."""
    return [
        path for rig in rig_of(wildcards).elsewhere() for path in calibrations_of(rig)
    ]


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


def figure_path(experiment, name, kind):
    """Path of a figure of an experiment."""
    return files.path("figure", experiment, figure=name, kind=kind)


DRAWN = {kind: figure_path("{experiment}", "{figure}", kind) for kind in pages.KINDS}


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
    """Parameter: identities of a figure and of the stages whose files it shows."""
    asked = registered.load(wildcards.figure).INPUTS.values()
    shown = {files.FILES[one.file].stage for one in asked if one.file != "speed"}
    if "evaluation" in shown:
        # those after the loop
        shown.add("final")
    page = pages.figure(wildcards.figure)
    return identities_of(*sorted(shown), page)(wildcards)


def figure_others(wildcards):
    """Parameter: identities of what a figure shows of variants, if anything."""
    asked = registered.load(wildcards.figure).INPUTS.values()
    shown = [files.FILES[one.file].stage for one in asked if one.variants]
    return others(*shown) if shown else {}


def figure_category(wildcards):
    """Where Snakemake's report shows a figure."""
    return "Sweep" if wildcards.figure in registered.SWEEP_FIGURES else "Figures"


def figure_labels(wildcards):
    """What Snakemake's report calls a figure."""
    title = registered.load(wildcards.figure).TITLE
    return {"figure": title, "experiment": wildcards.experiment}


def figure_caption(wildcards):
    """Parameter: what is to be seen in a figure; Snakemake's report shows it."""
    context = registered.Context(experiment_of(wildcards))
    return registered.caption(registered.load(wildcards.figure), context)


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
    return [
        figure_path(wildcards.experiment, name, "svg") for name in registered.FIGURES
    ]


def figure_files(experiment, names):
    """All files of some figures of an experiment."""
    return [
        figure_path(experiment, name, kind) for name in names for kind in pages.KINDS
    ]


def drawn_figures(wildcards):
    """All files of all figures of an experiment."""
    return figure_files(wildcards.experiment, registered.FIGURES)


def first_and_last(wildcards):
    """First and last checkpoint of every run, run after run."""
    experiment = experiment_of(wildcards)
    return [
        of(experiment, "checkpoint", run=run, iteration=iteration)
        for run in range(experiment.runs)
        for iteration in (0, experiment.loop.iterations)
    ]


def makers(wildcards):
    """Parameter: which other experiments have made stages for this one."""
    return makers_of(experiment_of(wildcards).experiment)


DIFFERENCES = THIS.finite_differences
RULES = PLAN.rules


SWEEP_FIGURES = [
    name
    for name in registered.SWEEP_FIGURES
    if name != "angles" or DIFFERENCES.iterations
]


def drawn_sweep_figures(wildcards):
    """All files of all figures of a sweep."""
    return figure_files(wildcards.experiment, SWEEP_FIGURES)


def summaries(wildcards):
    """Summaries of all variants."""
    return [of(one, "summary") for one in VARIANTS] or nothing_to_sweep(wildcards)
