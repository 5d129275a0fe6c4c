"""Compute the random-discard line of one data set and task."""

from labelinfo.jobs import job

with job(snakemake.log[0]) as logger:
    import pandas as pd

    from labelinfo.baselines.data_entropy import data_entropy
    from labelinfo.baselines.random_discard import random_discard
    from labelinfo.io.tables import read_table, write_table
    from labelinfo.provenance import describe
    from labelinfo.tables.baselines import baseline_rows

    params, wildcards = snakemake.params, snakemake.wildcards
    summary = read_table(snakemake.input.datasets)
    of_task = (summary["dataset"] == wildcards.dataset) & (summary["task"] == wildcards.task)
    chosen = of_task & (summary["split"] == "test")
    measures = [read_table(file) for file in snakemake.input.measures]
    found = data_entropy(
        params.entropy["nats"],
        params.entropy["source"],
        [table[table["dataset"] == wildcards.dataset] for table in measures],
        standard_errors=params.entropy.get("standard_errors", 0.0),
    )
    if found:
        points = random_discard(found.nats, summary.loc[chosen, "label_entropy_nats"].item())
        points["data_entropy_nats"] = found.nats
        points["data_entropy_kind"] = found.kind
        points["data_entropy_source"] = found.source
    else:
        logger.warning(
            "There is no random-discard line for %s: the entropy of its images is not known, and "
            "no finished run bounds it. Set `datasets.%s.entropy_nats` with its source.",
            *[wildcards.dataset] * 2,
        )
        points = pd.DataFrame()
    write_table(
        snakemake.output.table,
        baseline_rows(wildcards.dataset, wildcards.task, "random_discard", points),
        describe("compute_random_discard", code=params.code, config={"entropy": params.entropy}),
    )
