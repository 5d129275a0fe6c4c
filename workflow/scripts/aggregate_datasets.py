"""Stack the summaries of the data sets."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.stack import stack_tables

    table, origins = stack_tables(snakemake.input.summaries)
    write_table(snakemake.output.table, table, collect(origins))
