# How much of the label survives in a representation learned without labels?
# This file is a table of contents; each stage has its rules in workflow/rules/.
from snakemake.utils import min_version

min_version("9.8")


include: "workflow/rules/readable.smk"


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/config.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/files.smk"
include: "workflow/rules/messages.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/measuring.smk"
include: "workflow/rules/probing.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        f"{OUT}/tables/runs.parquet",
        f"{OUT}/tables/baselines.parquet",
        f"{OUT}/tables/differences.parquet",
        f"{OUT}/tables/classifier_search.parquet" if finished(search_files()) else [],
        f"{OUT}/tables/probe_search.parquet" if finished(probe_search_files()) else [],
        f"{OUT}/tables/datasets.parquet",
        f"{OUT}/tables/headlines.parquet",
        f"{OUT}/tables/claims.parquet",
        multiext(f"{OUT}/figures/figure1", ".pdf", ".svg", ".png"),
        multiext(f"{OUT}/figures/figure2", ".pdf", ".svg", ".png"),
        multiext(f"{OUT}/figures/figure3", ".pdf", ".svg", ".png"),
        [] if PARTIAL else picture_files(),
        f"{OUT}/draw_explorer/explorer.html",
        f"{OUT}/judge_claims/claims.html",
        f"{OUT}/write_config/config.yaml",
        f"{OUT}/write_summary/summary.txt",
        f"{OUT}/check_runs/checked.txt",


include: "workflow/rules/report.smk"


onstart:
    check_where_jobs_run()
    check_results_folder()


onsuccess:
    tell_where_results_lie()


onerror:
    tell_what_failed()
