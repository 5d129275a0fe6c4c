"""Measure the rate and distortion of one VAE."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.model_settings import MeasureSettings
    from labelinfo.config.run import Run
    from labelinfo.measure.run import measure_run
    from labelinfo.models.vae import VaeSpec

    measure_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        MeasureSettings.of(snakemake.params.measure),
        dataset_file=snakemake.input.dataset,
        weights_file=snakemake.input.weights,
        target=snakemake.output.table,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
