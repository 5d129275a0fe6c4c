"""Train one label probe on the codes of one VAE."""

import os

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.run import probe_run
    from labelinfo.probes.waiting import CALL

    probe_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        snakemake.wildcards.task,
        snakemake.params.probe,
        dataset_file=snakemake.input.dataset,
        weights_file=snakemake.input.weights,
        target=snakemake.output.table,
        losses_target=snakemake.output.losses,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        compiled_folder="results/compiled",
        ahead_folder=f"results/{snakemake.config['experiment']}/probes_ahead",
        together=snakemake.config["machine"]["probes_together"],
        call=os.environ.get(CALL),
    )
