# Not a part of `all`, as it shows all of it: snakemake --cores 2 make_report
localrules:
    make_report,


rule make_report:
    input:
        rules.all.input,
    output:
        page=f"{OUT}/report.html",
    log:
        f"{OUT}/logs/make_report.log",
    conda:
        ENVIRONMENT
    resources:
        **light(1000),
    params:
        **EXPERIMENT,
        code=stage_code("make_report"),
        snakefile=str(BASE / "Snakefile"),
        # the environment of the rule need not have Snakemake
        python=sys.executable,
    script:
        "../scripts/make_report.py"
