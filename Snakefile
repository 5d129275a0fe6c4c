# How much label information survives in a representation learned without labels?
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
        tables("runs", "baselines", "differences", "datasets", "headlines", "claims").values(),
        tables(*(f"{name}_search" for name, choices in CHOICES.items() if choices)).values(),
        # not figure_files(): a caption would be looked for next to this file
        expand(
            f"{OUT}/figures/figure{{number}}.{{kind}}",
            number=(1, 2, 3),
            kind=("pdf", "svg", "png"),
        ),
        [] if PARTIAL else PICTURES,
        f"{OUT}/draw_explorer/explorer.html",
        f"{OUT}/judge_claims/claims.html",
        f"{OUT}/write_config/config.yaml",
        f"{OUT}/write_summary/summary.txt",
        f"{OUT}/check_runs/checked.txt",


include: "workflow/rules/report.smk"


onstart:
    check_where_jobs_run()
    check_results_folder()
    tell_how_long_it_takes()


onsuccess:
    tell_where_results_lie()


onerror:
    tell_what_failed()
