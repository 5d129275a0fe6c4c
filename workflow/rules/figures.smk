# Figures from the tables alone.
rule plot_figure1:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
    output:
        pdf=f"{OUT}/figures/figure1.pdf",
        svg=f"{OUT}/figures/figure1.svg",
        png=report(
            f"{OUT}/figures/figure1.png",
            caption="../report/plot_figure1.rst",
            category="Figures",
        ),
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
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
    output:
        pdf=f"{OUT}/figures/figure2.pdf",
        svg=f"{OUT}/figures/figure2.svg",
        png=report(
            f"{OUT}/figures/figure2.png",
            caption="../report/plot_figure2.rst",
            category="Figures",
        ),
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
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
    output:
        pdf=f"{OUT}/figures/figure3.pdf",
        svg=f"{OUT}/figures/figure3.svg",
        png=report(
            f"{OUT}/figures/figure3.png",
            caption="../report/plot_figure3.rst",
            category="Figures",
        ),
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
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
        pictures=[f"{OUT}/draw_gallery/{run.path}.thumbnail.png" for run in EXPLORED_RUNS],
        curves=[f"{OUT}/{TRAINED}/{run.path}/learning_curve.parquet" for run in EXPLORED_RUNS],
        # the digest of the code does not cover them
        templates=[local_path(file) for file in explorer_templates()],
    output:
        page=report(
            f"{OUT}/draw_explorer/explorer.html",
            caption="../report/draw_explorer.rst",
            category="Explorer",
        ),
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
