from pathlib import Path

from waferloop import backends, conversion
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint, evaluation

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    weights, updates = snakemake.input.weights, 0
    if snakemake.wildcards.state == "in_the_loop":
        state = checkpoint.load(Path(weights), snakemake.params.config_hash)
        codes, updates = state.codes, state.iteration
    else:
        codes = conversion.quantise(store.load_projections(weights), rig.weight_bits(config))
    substrate = backends.programmed(
        rig.connection(
            config,
            run,
            uncalibrated=snakemake.wildcards.state == "uncalibrated",
            updates=updates,
            iteration=updates,
        ),
        store.load_placement(snakemake.input.placement),
        store.load_codes(snakemake.input.codes),
        snakemake.threads,
    )
    result = evaluation.evaluate(
        substrate,
        codes,
        store.load_dataset(snakemake.input.dataset),
        rig.presentation(config),
        config["seed"],
        run,
    )
    print(f"accuracy {result.accuracy:.4f}, {result.times_real_time:.0f} times real time")
    store.save_evaluation(snakemake.output[0], result)
