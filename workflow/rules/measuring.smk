# The rate and distortion of a run, and its pictures.
rule measure_vae:
    input:
        dataset=PREPARED,
        weights=WEIGHTS,
    output:
        table=f"{OUT}/measure_vae/{RUN}.parquet",
    log:
        f"{OUT}/logs/measure_vae/{RUN}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_vae/{RUN}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **computing(1000, minutes=120, minutes_on_gpu=30),
    params:
        code=run_code("measure_vae"),
        spec=run_spec,
        measure=config["measure"],
    script:
        "../scripts/measure_vae.py"


rule draw_gallery:
    input:
        dataset=PREPARED,
        weights=WEIGHTS,
        measure=f"{OUT}/measure_vae/{RUN}.parquet",
        probe=lambda wildcards: f"{OUT}/train_probe/{RUN}/{first_task(wildcards)}.parquet",
    output:
        picture=report(
            f"{OUT}/draw_gallery/{RUN}.png",
            caption="../report/draw_gallery.rst",
            category="Pictures",
            subcategory="{dataset}",
            labels=lambda wildcards, input: {
                "shows": "test images, reconstructions, samples",
                "architecture": "{encoder}-{decoder}-{marginal}".format(**wildcards),
                "β": wildcards.beta,
                "seed": wildcards.seed,
                "R (nats)": span([input.measure], "rate_nats", 1),
                "C (nats)": span([input.probe], "label_distortion_nats", 3),
            },
        ),
        thumbnail=f"{OUT}/draw_gallery/{RUN}.thumbnail.png",
        pictures=f"{OUT}/draw_gallery/{RUN}.pictures.parquet",
    log:
        f"{OUT}/logs/draw_gallery/{RUN}.log",
    conda:
        ENVIRONMENT
    resources:
        **computing(1500, minutes=60, minutes_on_gpu=20),
    params:
        code=run_code("draw_gallery"),
        spec=run_spec,
        gallery=config["gallery"],
        title=lambda wildcards: title_of(wildcards.dataset),
    script:
        "../scripts/draw_gallery.py"


rule draw_beta_gallery:
    input:
        # outputs of each run's gallery, so that a new β reads no old model
        pictures=lambda wildcards: pictured_files(wildcards, "draw_gallery/{run}.pictures.parquet"),
    output:
        picture=report(
            f"{OUT}/draw_beta_gallery/{ARCHITECTURE}.png",
            caption="../report/draw_beta_gallery.rst",
            category="Pictures along β",
            subcategory="{dataset}",
            labels=lambda wildcards: {
                "shows": "reconstructions along β",
                "architecture": "{encoder}-{decoder}-{marginal}".format(**wildcards),
                "R (nats)": span(
                    pictured_files(wildcards, "measure_vae/{run}.parquet"), "rate_nats", 1
                ),
                "C (nats)": span(
                    pictured_files(
                        wildcards, f"train_probe/{{run}}/{first_task(wildcards)}.parquet"
                    ),
                    "label_distortion_nats",
                    3,
                ),
            },
        ),
    log:
        f"{OUT}/logs/draw_beta_gallery/{ARCHITECTURE}.log",
    benchmark:
        f"{OUT}/benchmarks/draw_beta_gallery/{ARCHITECTURE}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("draw_beta_gallery"),
        runs=lambda wildcards: [vars(run) for run in pictured_runs(wildcards)],
        title=lambda wildcards: f"{title_of(wildcards.dataset)}, {first_task(wildcards)}",
    script:
        "../scripts/draw_beta_gallery.py"
