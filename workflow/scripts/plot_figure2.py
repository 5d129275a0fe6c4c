"""Draw Figure 2: one data set magnified to small label distortions."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.figures.figure2 import draw_figure2
    from labelinfo.figures.style import save_figure
    from labelinfo.io.tables import read_table
    from labelinfo.tables.results import Panel

    figure = draw_figure2(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        Panel(**snakemake.params.panel),
        max_label_distortion_nats=snakemake.params.label_distortion_max_nats,
        max_rate_nats=snakemake.params.rate_max_nats,
    )
    save_figure(figure, snakemake.output)
