"""Train one classifier on pixels and measure it."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads):
    from labelinfo.baselines.classifiers import train_classifier

    train_classifier(
        snakemake.wildcards.baseline,
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        snakemake.params.settings,
        dataset_file=snakemake.input.dataset,
        target=snakemake.output.table,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
