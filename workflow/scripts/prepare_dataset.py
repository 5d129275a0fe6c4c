"""Read, check, label and split one data set."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.data.dataset import save_dataset
    from labelinfo.data.prepare import Source, prepare_dataset
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import describe
    from labelinfo.training.device import resolve_device

    params = snakemake.params
    sources = {
        role: Source(
            path=snakemake.input[role],
            sha256=checks.get("sha256"),
            git_blob_sha1=checks.get("git_blob_sha1"),
            size=checks.get("bytes"),
        )
        for role, checks in params.checks.items()
    }
    dataset, summary = prepare_dataset(
        snakemake.wildcards.dataset,
        params.definition,
        sources,
        clamp=params.data["naive_bayes_clamp"],
        duplicates_max_share=params.data["duplicates_max_share"],
        device=resolve_device(snakemake.config["machine"]["device"]),
    )
    config = {"datasets": {dataset.name: params.definition}, "data": params.data}
    origin = describe("prepare_dataset", code=params.code, config=config, data=dataset.digests)
    write_table(snakemake.output.summary, summary, origin)
    save_dataset(snakemake.output.dataset, dataset)
