"""Stack the baselines into one table."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.checkpoints import discard_checkpoint
    from labelinfo.io.tables import read_table, write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.baselines import aggregate_baselines
    from labelinfo.tables.label_columns import label_entropies

    entropies = label_entropies(read_table(snakemake.input.datasets))
    table, origins = aggregate_baselines(snakemake.input.tables, entropies)
    write_table(snakemake.output.table, table, collect(origins))
    for each in snakemake.input.tables:
        discard_checkpoint(each)
