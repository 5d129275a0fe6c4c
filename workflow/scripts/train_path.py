"""Train one path through all β, or resume one that was interrupted."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.models.vae import VaeSpec
    from labelinfo.training.path import train_path_files

    wildcards = snakemake.wildcards
    train_path_files(
        {
            "dataset": wildcards.dataset,
            "encoder": wildcards.encoder,
            "decoder": wildcards.decoder,
            "marginal": wildcards.marginal,
            "seed": int(wildcards.seed),
        },
        VaeSpec(**snakemake.params.spec),
        {"training": snakemake.params.training, "path": snakemake.params.path},
        snakemake.params.betas,
        dataset_file=snakemake.input.dataset,
        snapshots=snakemake.output.snapshots,
        curve_file=snakemake.output.curve,
        record_file=snakemake.output.record,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        threads=snakemake.threads,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        compiled_folder="results/compiled",
    )
