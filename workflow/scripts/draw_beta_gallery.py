"""Draw reconstructions and samples of one architecture along β."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.run import Run
    from labelinfo.figures.beta_gallery import picture_architecture
    from labelinfo.models.vae import VaeSpec

    picture_architecture(
        [Run(**run) for run in snakemake.params.runs],
        VaeSpec(**snakemake.params.spec),
        title=snakemake.params.title,
        images=snakemake.params.images,
        dataset_file=snakemake.input.dataset,
        weights_files=snakemake.input.weights,
        measure_files=snakemake.input.measures,
        target=snakemake.output.picture,
        device=snakemake.config["machine"]["device"],
    )
