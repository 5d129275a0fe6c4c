"""Train both label probes on the codes of one VAE."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.chosen import with_recipe
    from labelinfo.config.probe_settings import TaskProbeSettings
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.run import probe_run

    read = {name: snakemake.input[name] for name in ("dataset", "weights")}
    params = snakemake.params
    settings = TaskProbeSettings.of({"probe": params.probe, "strong_probe": params.strong_probe})
    probe_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**params.spec),
        snakemake.wildcards.task,
        with_recipe(settings, snakemake.input.get("choice", [])),
        files={**read, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=params.code,
    )
