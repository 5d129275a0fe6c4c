"""Train the convolutional classifier on pixels and measure it."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import NETWORK, chosen_settings
    from labelinfo.baselines.complex_image import train_classifier
    from labelinfo.io.tables import read_table

    # at most one file, the choice of a search
    choices = snakemake.input.get("choice", [])
    train_classifier(
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        snakemake.params.settings,
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        network=(chosen_settings(read_table(choices[0]), NETWORK, choices[0]) if choices else None),
    )
