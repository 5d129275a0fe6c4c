"""Read, check, label and split one data set."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    import os
    from pathlib import Path

    from labelinfo.config.tasks import tasks_of
    from labelinfo.data.dataset import save_dataset
    from labelinfo.data.prepare import prepare_dataset, read_input
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import describe
    from labelinfo.training.device import resolve_device

    params = snakemake.params
    # configured tasks and checks do not affect the prepared data, so they are not parameters of the
    # rule
    tasks = tasks_of(snakemake.config, snakemake.wildcards.dataset)
    configured = snakemake.config["datasets"][snakemake.wildcards.dataset]
    checked = {key: configured[key] for key in ("matched_distinct_min_share",)}
    # a user's files are not inputs of the rule; relative paths start at the Snakefile's folder
    root = Path(os.path.normpath(snakemake.scriptdir)).parents[1]
    files = {
        role: read_input(
            root / file["path"] if "path" in file else Path(snakemake.input[role]), file
        )
        for role, file in configured["files"].items()
    }
    dataset, summary = prepare_dataset(
        snakemake.wildcards.dataset,
        params.definition | checked,
        files,
        tasks=tasks,
        clamp=params.data.get("naive_bayes_clamp"),
        duplicates_max_share=snakemake.config["data"]["duplicates_max_share"],
        device=resolve_device(snakemake.config["machine"]["device"]),
    )
    config = {"datasets": {dataset.name: params.definition}, "data": params.data}
    origin = describe("prepare_dataset", code=params.code, config=config, data=dataset.digests)
    save_dataset(snakemake.output.dataset, dataset)
    # last, because its existence means that the job is done
    write_table(snakemake.output.summary, summary, origin)
