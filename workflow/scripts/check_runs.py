"""End with an error if a training diverged, after all tables and figures are made."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.atomic import write_text
    from labelinfo.io.tables import read_table
    from labelinfo.tables.summary import check_runs

    line = check_runs(read_table(snakemake.input.runs), snakemake.params.on_divergence)
    write_text(snakemake.output.text, line)
