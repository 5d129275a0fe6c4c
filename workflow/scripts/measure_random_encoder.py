"""Probe an untrained encoder."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import with_recipe
    from labelinfo.baselines.random_encoders import measure_random_encoder
    from labelinfo.config.probe_settings import ProbedEncoderSettings

    settings = ProbedEncoderSettings.of(snakemake.params.settings)
    measure_random_encoder(
        snakemake.wildcards.baseline,
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        with_recipe(settings, snakemake.input.get("choice", [])),
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
