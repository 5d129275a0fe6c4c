"""Compute the random-discard line of one data set and task."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.baselines.data_entropy import data_entropy
    from labelinfo.baselines.random_discard import random_discard
    from labelinfo.io.tables import read_table, write_table
    from labelinfo.provenance import describe
    from labelinfo.tables.baselines import baseline_rows

    params, wildcards = snakemake.params, snakemake.wildcards
    summary = read_table(snakemake.input.summary)
    chosen = (summary["split"] == "test") & (summary["task"] == wildcards.task)
    entropy, source = data_entropy(
        params.entropy["nats"],
        params.entropy["source"],
        map(read_table, snakemake.input.measures),
        standard_errors=params.entropy.get("standard_errors", 0.0),
    )
    points = random_discard(entropy, summary.loc[chosen, "label_entropy_nats"].item())
    points["data_entropy_nats"] = entropy
    points["source"] = source
    write_table(
        snakemake.output.table,
        baseline_rows(
            wildcards.dataset,
            wildcards.task,
            "random_discard",
            points,
            params=["data_entropy_nats", "source"],
        ),
        describe("compute_random_discard", code=params.code, config={"entropy": params.entropy}),
    )
