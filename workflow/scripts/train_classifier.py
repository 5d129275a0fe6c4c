"""Train the convolutional classifier on pixels and measure it."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import NETWORK, with_choice
    from labelinfo.baselines.complex_image import train_classifier
    from labelinfo.config.probe_settings import TaskClassifierSettings

    # at most one file, the choice of a search
    choices = snakemake.input.get("choice", [])
    settings = TaskClassifierSettings.of(snakemake.params.settings)
    train_classifier(
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        with_choice(settings, NETWORK, choices),
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        searched=bool(choices),
    )
