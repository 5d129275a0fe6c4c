"""Train one path through all β, or resume an interrupted one."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.model_settings import PathPlan
    from labelinfo.models.vae import VaeSpec
    from labelinfo.training.job import TrainingJob
    from labelinfo.training.path import PathFiles, train_path_files

    wildcards, output = snakemake.wildcards, snakemake.output
    train_path_files(
        {
            "dataset": wildcards.dataset,
            "encoder": wildcards.encoder,
            "decoder": wildcards.decoder,
            "marginal": wildcards.marginal,
            "seed": int(wildcards.seed),
        },
        VaeSpec(**snakemake.params.spec),
        PathPlan.of({key: snakemake.params[key] for key in ("training", "path", "betas")}),
        files=PathFiles(output.snapshots, output.record, output.curve),
        job=TrainingJob(
            dataset_file=snakemake.input.dataset,
            device=snakemake.config["machine"]["device"],
            code=snakemake.params.code,
            threads=snakemake.threads,
            checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        ),
    )
