"""Draw Figure 3: a bag of balls next to the label information that β-VAEs keep."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.figures.figure3 import draw_figure3
    from labelinfo.figures.style import save_figure
    from labelinfo.io.tables import read_table
    from labelinfo.tables.results import Panel

    figure = draw_figure3(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        [Panel(**panel) for panel in snakemake.params.panels],
    )
    save_figure(figure, snakemake.output)
