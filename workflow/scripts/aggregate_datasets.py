"""Stack the summaries of the data sets."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    import pandas as pd

    from labelinfo.io.tables import read_with_provenance, write_table
    from labelinfo.provenance import collect

    parts = [read_with_provenance(path) for path in snakemake.input.summaries]
    table = pd.concat([part for part, _ in parts], ignore_index=True)
    write_table(snakemake.output.table, table, collect([origin for _, origin in parts]))
