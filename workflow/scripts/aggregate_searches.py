"""Stack the candidates and choices of all tasks."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.stack import stack_tables

    table, origins = stack_tables(snakemake.input.choices)
    own = describe("aggregate_searches", code=snakemake.params.code, config={})
    write_table(snakemake.output.table, table, collect([*origins, own]))
