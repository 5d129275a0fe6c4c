"""Probe an encoder that was never trained."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.random_encoders import measure_random_encoder

    measure_random_encoder(
        snakemake.wildcards.baseline,
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        snakemake.params.settings,
        dataset_file=snakemake.input.dataset,
        target=snakemake.output.table,
        losses_target=snakemake.output.losses,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        compiled_folder="results/compiled",
    )
