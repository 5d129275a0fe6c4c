"""Train one candidate of the search for the convolutional classifier."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.candidates import train_candidate
    from labelinfo.config.probe_settings import TaskClassifierSettings

    train_candidate(
        snakemake.wildcards.task,
        TaskClassifierSettings.of(snakemake.params.settings),
        dataset_file=snakemake.input.dataset,
        target=snakemake.output.table,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
    )
