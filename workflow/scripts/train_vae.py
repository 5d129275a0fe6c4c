"""Train one VAE, or resume an interrupted training."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.model_settings import TrainingSettings
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.training.job import TrainingJob
    from labelinfo.training.run import TrainingFiles, train_run

    output = snakemake.output
    train_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        TrainingSettings.of(snakemake.params.training),
        files=TrainingFiles(output.best, output.last, output.curve, output.record),
        job=TrainingJob(
            dataset_file=snakemake.input.dataset,
            device=snakemake.config["machine"]["device"],
            code=snakemake.params.code,
            threads=snakemake.threads,
            checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        ),
    )
