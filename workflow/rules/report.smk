# Not part of `all`, because it shows the results of `all`: snakemake --cores 2 make_report
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
        # this Python, because the environment of the rule may lack Snakemake
        python=sys.executable,
    script:
        "../scripts/make_report.py"
