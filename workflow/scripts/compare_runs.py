"""Compare the C of each run with that of the baselines, on the same test images."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect
    from labelinfo.tables.differences import compare_runs

    table, origins = compare_runs(
        snakemake.input.runs,
        snakemake.input.levels,
        resamples=snakemake.params.bootstrap["resamples"],
        confidence=snakemake.params.bootstrap["confidence"],
    )
    write_table(snakemake.output.table, table, collect(origins))
