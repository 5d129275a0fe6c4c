"""Stack the baselines into one table."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.checkpoints import discard_checkpoint
    from labelinfo.io.tables import read_with_provenance, write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.baselines import aggregate_baselines
    from labelinfo.tables.label_columns import label_entropies

    datasets, prepared = read_with_provenance(snakemake.input.datasets)
    table, origins = aggregate_baselines(snakemake.input.tables, label_entropies(datasets))
    own = describe("aggregate_baselines", code=snakemake.params.code, config={})
    write_table(snakemake.output.table, table, collect([*origins, prepared, own]))
    for each in snakemake.input.tables:
        discard_checkpoint(each)
