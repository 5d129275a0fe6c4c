"""Compare the C of each run with the C of the baselines, on the same test images."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.tables import write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.differences import compare_runs

    params = snakemake.params
    table, origins = compare_runs(
        snakemake.input.runs,
        snakemake.input.levels,
        resamples=params.bootstrap["resamples"],
        confidence=params.bootstrap["confidence"],
    )
    own = describe("compare_runs", code=params.code, config={"bootstrap": params.bootstrap})
    write_table(snakemake.output.table, table, collect([*origins, own]))
