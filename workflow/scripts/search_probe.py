"""Train one candidate of the search for the strong probe on the codes of a few runs."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.probes.search import SearchedRun, search_probe

    params = snakemake.params
    runs = zip(params.runs, snakemake.input.weights, snakemake.input.features, strict=True)
    search_probe(
        [SearchedRun(Run(**run), weights, features) for run, weights, features in runs],
        VaeSpec(**params.spec),
        snakemake.wildcards.task,
        params.strong_probe | {"precision": params.precision},
        files={"dataset": snakemake.input.dataset, **snakemake.output},
        device=snakemake.config["machine"]["device"],
        code=params.code,
    )
