"""Measure the randomised-PCA baseline over its whole grid."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import chosen_recipe
    from labelinfo.baselines.pca import write_pca

    settings = snakemake.params.settings
    recipe = chosen_recipe(settings["strong_probe"], snakemake.input.get("choice", []))
    write_pca(
        snakemake.wildcards.task,
        snakemake.params.pca,
        settings | {"strong_probe": recipe},
        strong_epochs_share=snakemake.params.strong_epochs_share,
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
