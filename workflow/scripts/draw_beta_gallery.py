"""Draw reconstructions and samples of one architecture along β."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.config.run import Run
    from labelinfo.figures.beta_gallery import picture_architecture

    picture_architecture(
        [Run(**run) for run in snakemake.params.runs],
        snakemake.input.pictures,
        title=snakemake.params.title,
        target=snakemake.output.picture,
    )
