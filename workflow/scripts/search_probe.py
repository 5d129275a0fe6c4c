"""Train one candidate of the search for the strong probe on the codes of a few runs."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.probe_settings import TaskProbeSettings
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.search import search_probe

    params = snakemake.params
    runs = [Run(**run) for run in params.runs]
    search_probe(
        list(zip(runs, snakemake.input.weights, strict=True)),
        VaeSpec(**params.spec),
        snakemake.wildcards.task,
        TaskProbeSettings.of({"probe": params.probe, "strong_probe": params.strong_probe}),
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=params.code,
    )
