"""Compute the headline numbers of every data set and task."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.claims.headline_numbers import RUN, headline_numbers
    from labelinfo.io.losses import LossFiles
    from labelinfo.io.tables import read_provenance, read_table, write_table
    from labelinfo.provenance import collect, describe

    params = snakemake.params
    table = headline_numbers(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        read_table(snakemake.input.differences),
        LossFiles(snakemake.input.losses, ("dataset", "task", *RUN, "probe")),
        params.pairs,
        **params.settings,
    )
    config = {"headlines": params.settings}
    own = describe("compute_headlines", code=params.code, config=config)
    inputs = (snakemake.input.runs, snakemake.input.baselines, snakemake.input.differences)
    write_table(snakemake.output.table, table, collect([own, *map(read_provenance, inputs)]))
