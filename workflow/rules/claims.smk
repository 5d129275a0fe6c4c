# Conclusions from the tables: headline numbers, and a verdict on each claim of the paper.
rule compute_headlines:
    input:
        **tables("runs", "baselines", "differences"),
        losses=PROBE_LOSSES + slices(RUN_LOSSES),
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
        **tables("runs", "baselines", "differences", "headlines"),
        # an input, because the digest of the code does not cover it
        templates=TEMPLATES["claims"],
    output:
        table=f"{OUT}/tables/claims.parquet",
        page=reported(f"{OUT}/judge_claims/claims.html", "judge_claims", "Claims"),
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
