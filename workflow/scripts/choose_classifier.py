"""Choose the convolutional classifier of one task among its candidates."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.baselines.choice import choose_candidate
    from labelinfo.io.checkpoints import discard_checkpoint
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.stack import stack_tables

    params = snakemake.params
    candidates, origins = stack_tables(snakemake.input.candidates)
    table = choose_candidate(candidates, configured=params.configured, paper=params.paper)
    config = {"configured": params.configured, "paper": params.paper}
    own = describe("choose_classifier", code=params.code, config=config)
    write_table(snakemake.output.table, table, collect([*origins, own]))
    for candidate in snakemake.input.candidates:
        discard_checkpoint(candidate)
