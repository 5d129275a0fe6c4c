"""Stack the baselines into one table."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.baselines import aggregate_baselines

    table, origins = aggregate_baselines(snakemake.input.tables)
    write_table(snakemake.output.table, table, collect(origins))
