"""Select the best number of principal components of one data set and task."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import read_table, read_with_provenance, write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.baselines import data_entropy_of
    from labelinfo.tables.dimension import (
        axis_end,
        losses_by_probe,
        warn_of_slopes,
        with_selection,
    )

    params, wildcards = snakemake.params, snakemake.wildcards
    rows, measured = read_with_provenance(snakemake.input.table)
    summary = read_table(snakemake.input.summary)
    valid = (summary["split"] == "valid") & (summary["task"] == wildcards.task)
    data_entropy_nats = params.data_entropy_nats
    for line in snakemake.input.discard:
        data_entropy_nats = data_entropy_of(read_table(line))
    table = with_selection(
        rows,
        losses_by_probe(snakemake.input.valid_losses),
        summary.loc[valid, "label_entropy_nats"].item(),
        rate_max_nats=axis_end(
            params.selection["selection_rate_max_nats"], data_entropy_nats, wildcards.dataset
        ),
        data_entropy_nats=data_entropy_nats,
        flat_share=params.selection["flat_share"],
    )
    warn_of_slopes(table)
    own = describe("select_dimension", code=params.code, config={"pca": params.selection})
    write_table(snakemake.output.table, table, collect([measured, own]))
