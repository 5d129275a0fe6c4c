"""Choose the convolutional classifier of one task among its candidates."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.baselines.choice import choose_network
    from labelinfo.io.checkpoints import discard_checkpoint
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.stack import stack_tables

    candidates, origins = stack_tables(snakemake.input.candidates)
    table = choose_network(
        candidates, configured=snakemake.params.configured, paper=snakemake.params.paper
    )
    write_table(snakemake.output.table, table, collect(origins))
    for candidate in snakemake.input.candidates:
        discard_checkpoint(candidate)
