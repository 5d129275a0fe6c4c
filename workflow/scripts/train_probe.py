"""Train both label probes on the codes of one VAE."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import chosen_recipe
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.run import probe_run

    read = {name: snakemake.input[name] for name in ("dataset", "weights")}
    choices = snakemake.input.get("choice", [])
    recipe = chosen_recipe(snakemake.params.strong_probe, choices)
    probe_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        snakemake.wildcards.task,
        {"probe": snakemake.params.probe, "strong_probe": recipe},
        files={**read, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
    )
