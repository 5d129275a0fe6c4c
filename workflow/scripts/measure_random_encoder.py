"""Probe an untrained encoder."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import chosen_recipe
    from labelinfo.baselines.random_encoders import measure_random_encoder

    settings = snakemake.params.settings
    recipe = chosen_recipe(settings["strong_probe"], snakemake.input.get("choice", []))
    measure_random_encoder(
        snakemake.wildcards.baseline,
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        settings | {"strong_probe": recipe},
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
