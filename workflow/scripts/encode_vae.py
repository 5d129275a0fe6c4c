"""Encode every image with the frozen encoder of one run."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.encoding import encode_run

    encode_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        binarizations=snakemake.params.binarizations,
        dataset_file=snakemake.input.dataset,
        weights_file=snakemake.input.weights,
        target=snakemake.output.features,
        device=snakemake.config["machine"]["device"],
    )
