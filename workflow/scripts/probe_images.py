"""Train both probes on the pixels of the images."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import chosen_recipe
    from labelinfo.baselines.simple_image import probe_images

    settings = snakemake.params.settings
    recipe = chosen_recipe(settings["strong_probe"], snakemake.input.get("choice", []))
    probe_images(
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        settings | {"strong_probe": recipe},
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
