"""Draw Figure 1: label distortion against rate and distortion, all runs and baselines."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.figures.figure1 import draw_figure1
    from labelinfo.figures.style import save_figure
    from labelinfo.io.tables import read_table
    from labelinfo.tables.results import Panel

    figure = draw_figure1(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        [Panel(**panel) for panel in snakemake.params.panels],
        max_rate_nats=snakemake.params.rate_max_nats,
    )
    save_figure(figure, snakemake.output)
