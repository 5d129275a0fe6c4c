# One table of runs, one of baselines, one of data sets.
localrules:
    write_config,
    check_runs,


rule aggregate_datasets:
    input:
        summaries=SUMMARIES + slices("summaries"),
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
        training=TRAINING_RECORDS,
        paths=PATH_RECORDS,
        measures=MEASURES,
        probes=PROBES,
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
        tables=DISCARD_LINES + MEASURED_BASELINES + slices("baselines"),
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


# A slice for joining with others: the packed tables of the jobs, and losses of test images.
rule pack_slice:
    input:
        summaries=SUMMARIES,
        training=TRAINING_RECORDS,
        paths=PATH_RECORDS,
        measures=MEASURES,
        probes=PROBES,
        baselines=MEASURED_BASELINES,
        run_losses=PROBE_LOSSES,
        level_losses=LEVEL_LOSS_FILES,
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
        choices=lambda wildcards: CHOICES[wildcards.searched],
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
        runs=PROBE_LOSSES + slices(RUN_LOSSES),
        levels=LEVEL_LOSS_FILES + slices(LEVEL_LOSSES),
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
        **tables("runs", "baselines", "differences"),
    output:
        text=reported(f"{OUT}/write_summary/summary.txt", "write_summary", "Summary"),
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
            **{f"Figure {number}": f"{OUT}/figures/figure{number}.png" for number in (1, 2, 3)},
            "Explorer": f"{OUT}/draw_explorer/explorer.html",
            "Claims": f"{OUT}/judge_claims/claims.html",
            "Tables": f"{OUT}/tables/",
            "Pictures": f"{OUT}/draw_gallery/",
        },
    script:
        "../scripts/write_summary.py"


rule write_config:
    output:
        text=reported(f"{OUT}/write_config/config.yaml", "write_config", "Configuration"),
    log:
        f"{OUT}/logs/write_config.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    # one parameter per section, so that the reason for a rerun names the changed section
    params:
        **EXPERIMENT,
        code=stage_code("write_config"),
    script:
        "../scripts/write_config.py"


rule check_runs:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        # so that this rule runs last; the age of these files does not matter
        others=ancient(
            [
                f"{OUT}/write_summary/summary.txt",
                *(f"{OUT}/figures/figure{number}.png" for number in (1, 2, 3)),
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
