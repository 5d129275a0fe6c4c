# One table of runs, one of baselines, one of data sets.
localrules:
    write_config,
    check_runs,


rule aggregate_datasets:
    input:
        summaries=finished(summary_files()) + slices("summaries"),
    output:
        table=f"{OUT}/tables/datasets.parquet",
    log:
        f"{OUT}/logs/aggregate_datasets.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("aggregate_datasets"),
        pairs=PAIRS,
    script:
        "../scripts/aggregate_datasets.py"


rule aggregate_runs:
    input:
        datasets=f"{OUT}/tables/datasets.parquet",
        training=finished(training_records()),
        paths=finished(path_records()),
        measures=finished(measure_files()),
        probes=finished(probe_files(".parquet")),
        slice_training=slices("training"),
        slice_measures=slices("measures"),
        slice_probes=slices("probes"),
    output:
        table=f"{OUT}/tables/runs.parquet",
    log:
        f"{OUT}/logs/aggregate_runs.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("aggregate_runs"),
        expected=[
            run.columns | {"task": task} for run in RUNS for task in tasks_of(config, run.dataset)
        ],
        best_known_nats={name: best_known_nats(name) for name in DATASETS},
        caveats={name: config["datasets"][name]["caveat"] for name in DATASETS},
        tables=config["tables"],
    script:
        "../scripts/aggregate_runs.py"


rule aggregate_baselines:
    input:
        datasets=f"{OUT}/tables/datasets.parquet",
        tables=baseline_files() + slices("baselines"),
    output:
        table=f"{OUT}/tables/baselines.parquet",
    log:
        f"{OUT}/logs/aggregate_baselines.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("aggregate_baselines"),
    script:
        "../scripts/aggregate_baselines.py"


# What others join with their own: the jobs' tables, packed, and the losses of single test images.
rule pack_slice:
    input:
        summaries=finished(summary_files()),
        training=finished(training_records()),
        paths=finished(path_records()),
        measures=finished(measure_files()),
        probes=finished(probe_files(".parquet")),
        baselines=measured_baseline_files(),
        run_losses=finished(probe_losses()),
        level_losses=finished(level_losses()),
    output:
        folder=directory(f"{OUT}/pack_slice"),
    log:
        f"{OUT}/logs/pack_slice.log",
    conda:
        ENVIRONMENT
    resources:
        **light(1000),
    params:
        code=stage_code("pack_slice"),
    script:
        "../scripts/pack_slice.py"


rule aggregate_searches:
    input:
        choices=lambda wildcards: finished(
            {"classifier": search_files, "probe": probe_search_files}[wildcards.searched]()
        ),
    output:
        table=f"{OUT}/tables/{{searched}}_search.parquet",
    log:
        f"{OUT}/logs/aggregate_searches/{{searched}}.log",
    wildcard_constraints:
        searched="classifier|probe",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("aggregate_searches"),
    script:
        "../scripts/aggregate_searches.py"


rule compare_runs:
    input:
        runs=finished(probe_losses()) + slices(RUN_LOSSES),
        levels=finished(level_losses()) + slices(LEVEL_LOSSES),
    output:
        table=f"{OUT}/tables/differences.parquet",
    log:
        f"{OUT}/logs/compare_runs.log",
    conda:
        ENVIRONMENT
    resources:
        **light(1000),
    params:
        code=stage_code("compare_runs"),
        bootstrap=config["bootstrap"],
    script:
        "../scripts/compare_runs.py"


rule write_summary:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
        differences=f"{OUT}/tables/differences.parquet",
    output:
        text=report(
            f"{OUT}/write_summary/summary.txt",
            caption="../report/write_summary.rst",
            category="Summary",
        ),
    log:
        f"{OUT}/logs/write_summary.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("write_summary"),
        panels=panels(),
        places={
            "Figure 1": f"{OUT}/figures/figure1.png",
            "Figure 2": f"{OUT}/figures/figure2.png",
            "Figure 3": f"{OUT}/figures/figure3.png",
            "Explorer": f"{OUT}/draw_explorer/explorer.html",
            "Claims": f"{OUT}/judge_claims/claims.html",
            "Tables": f"{OUT}/tables/",
            "Pictures": f"{OUT}/draw_gallery/",
        },
    script:
        "../scripts/write_summary.py"


rule write_config:
    output:
        text=report(
            f"{OUT}/write_config/config.yaml",
            caption="../report/write_config.rst",
            category="Configuration",
        ),
    log:
        f"{OUT}/logs/write_config.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    # each section by itself, so that the reason for a rerun names the section that changed
    params:
        **EXPERIMENT,
        code=stage_code("write_config"),
    script:
        "../scripts/write_config.py"


rule check_runs:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        # so that it comes last, whatever their age
        others=ancient(
            [
                f"{OUT}/write_summary/summary.txt",
                f"{OUT}/figures/figure1.png",
                f"{OUT}/figures/figure2.png",
                f"{OUT}/figures/figure3.png",
            ]
        ),
    output:
        text=f"{OUT}/check_runs/checked.txt",
    log:
        f"{OUT}/logs/check_runs.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("check_runs"),
        on_divergence=config["sweep"]["on_divergence"],
    script:
        "../scripts/check_runs.py"
