"""Make an interactive page of all runs."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.config.run import Run
    from labelinfo.explorer.page import write_explorer
    from labelinfo.io.atomic import write_text
    from labelinfo.io.tables import read_table
    from labelinfo.tables.results import Panel

    params = snakemake.params
    keys = [tuple(Run(**run).columns.values()) for run in params.pictured]
    page = write_explorer(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        [Panel(**panel) for panel in params.panels],
        dict(zip(keys, snakemake.input.pictures, strict=True)),
        curves=dict(zip(keys, snakemake.input.curves, strict=True)),
        experiment=params.experiment,
    )
    write_text(snakemake.output.page, page)
