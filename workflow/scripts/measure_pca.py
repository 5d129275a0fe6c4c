"""Measure the randomised-PCA baseline over its whole grid."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import with_recipe
    from labelinfo.baselines.pca import write_pca
    from labelinfo.config.probe_settings import PcaSettings, TaskProbeSettings

    settings = TaskProbeSettings.of(snakemake.params.settings)
    write_pca(
        snakemake.wildcards.task,
        PcaSettings.of(snakemake.params.pca),
        with_recipe(settings, snakemake.input.get("choice", [])),
        strong_epochs_share=snakemake.params.strong_epochs_share,
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
