"""Stack the candidates and choices of all tasks."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.stack import stack_tables

    table, origins = stack_tables(snakemake.input.choices)
    write_table(snakemake.output.table, table, collect(origins))
