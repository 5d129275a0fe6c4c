"""Stack the summaries of the data sets."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.data.summary import typed_summary
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.slices import check_slices_fit
    from labelinfo.tables.stack import drop_repeated, stack_tables

    check_slices_fit(snakemake.input.summaries)
    table, origins = stack_tables(snakemake.input.summaries)
    table = drop_repeated(table, ["dataset", "split", "task"], "summaries of labels")
    # only the configured labels of each data set
    pairs = {tuple(pair) for pair in snakemake.params.pairs}
    asked_for = [pair in pairs for pair in zip(table["dataset"], table["task"], strict=True)]
    own = describe("aggregate_datasets", code=snakemake.params.code, config={})
    table = typed_summary(table[asked_for].reset_index(drop=True))
    write_table(snakemake.output.table, table, collect([*origins, own]))
