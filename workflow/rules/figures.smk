# Figures, which read only tables.
rule plot_figure1:
    input:
        **tables("runs", "baselines"),
    output:
        **figure_files("figure1"),
    log:
        f"{OUT}/logs/plot_figure1.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("plot_figure1"),
        panels=panels(),
        rate_max_nats=config["figures"]["rate_max_nats"],
    script:
        "../scripts/plot_figure1.py"


rule plot_figure2:
    input:
        **tables("runs", "baselines"),
    output:
        **figure_files("figure2"),
    log:
        f"{OUT}/logs/plot_figure2.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("plot_figure2"),
        panel=zoomed_panel(),
        rate_max_nats=config["figures"]["rate_max_nats"],
        label_distortion_max_nats=config["figures"]["zoom_label_distortion_nats"],
    script:
        "../scripts/plot_figure2.py"


rule plot_figure3:
    input:
        **tables("runs", "baselines"),
    output:
        **figure_files("figure3"),
    log:
        f"{OUT}/logs/plot_figure3.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("plot_figure3"),
        panels=panels(),
    script:
        "../scripts/plot_figure3.py"


rule draw_explorer:
    input:
        **tables("runs", "baselines"),
        pictures=[f"{OUT}/draw_gallery/{run.path}.thumbnail.png" for run in EXPLORED_RUNS],
        curves=[f"{OUT}/{TRAINED}/{run.path}/learning_curve.parquet" for run in EXPLORED_RUNS],
        # inputs, because the digest of the code does not cover them
        templates=TEMPLATES["explorer"],
    output:
        page=reported(f"{OUT}/draw_explorer/explorer.html", "draw_explorer", "Explorer"),
    log:
        f"{OUT}/logs/draw_explorer.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("draw_explorer"),
        panels=panels(),
        pictured=[vars(run) for run in EXPLORED_RUNS],
        experiment=config["experiment"],
    script:
        "../scripts/draw_explorer.py"
