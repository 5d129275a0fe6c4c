# What the tables say: headline numbers, and a verdict on each claim of the paper.
rule compute_headlines:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
        differences=f"{OUT}/tables/differences.parquet",
        losses=finished(probe_losses()) + slices(RUN_LOSSES),
    output:
        table=f"{OUT}/tables/headlines.parquet",
    log:
        f"{OUT}/logs/compute_headlines.log",
    conda:
        ENVIRONMENT
    resources:
        **light(1000),
    params:
        code=stage_code("compute_headlines"),
        pairs=PAIRS,
        settings={
            "tolerance_nats": config["claims"]["near_nats"],
            "rate_min_nats": config["claims"]["rate_min_nats"],
            "confidence": config["bootstrap"]["confidence"],
        },
    script:
        "../scripts/compute_headlines.py"


rule judge_claims:
    input:
        runs=f"{OUT}/tables/runs.parquet",
        baselines=f"{OUT}/tables/baselines.parquet",
        differences=f"{OUT}/tables/differences.parquet",
        headlines=f"{OUT}/tables/headlines.parquet",
    output:
        table=f"{OUT}/tables/claims.parquet",
        page=report(
            f"{OUT}/judge_claims/claims.html",
            caption="../report/judge_claims.rst",
            category="Claims",
        ),
    log:
        f"{OUT}/logs/judge_claims.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("judge_claims"),
        claims=config["claims"],
        experiment=config["experiment"],
    script:
        "../scripts/judge_claims.py"
