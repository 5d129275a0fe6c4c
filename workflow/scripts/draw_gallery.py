"""Draw reconstructions and samples of one VAE."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.output_settings import GallerySettings
    from labelinfo.config.run import Run
    from labelinfo.figures.picture_run import picture_run
    from labelinfo.models.vae import VaeSpec

    picture_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        GallerySettings.of(snakemake.params.gallery),
        title=snakemake.params.title,
        files={**snakemake.input, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
