"""Train one VAE, or go on with one that was interrupted."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.training.run import train_run

    train_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        snakemake.params.training,
        dataset_file=snakemake.input.dataset,
        best_file=snakemake.output.best,
        last_file=snakemake.output.last,
        curve_file=snakemake.output.curve,
        record_file=snakemake.output.record,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        threads=snakemake.threads,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        compiled_folder="results/compiled",
    )
