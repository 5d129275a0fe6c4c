"""Train both probes on the pixels of the images."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import with_recipe
    from labelinfo.baselines.simple_image import probe_images
    from labelinfo.config.probe_settings import TaskProbeSettings

    settings = TaskProbeSettings.of(snakemake.params.settings)
    probe_images(
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        with_recipe(settings, snakemake.input.get("choice", [])),
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
