"""Choose the recipe of one task's strong probe among its candidates."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.baselines.choice import choose_candidate
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.stack import stack_tables

    configured = snakemake.params.configured
    candidates, origins = stack_tables(snakemake.input.candidates)
    table = choose_candidate(candidates, configured=configured)
    own = describe("choose_probe", code=snakemake.params.code, config={"configured": configured})
    write_table(snakemake.output.table, table, collect([*origins, own]))
