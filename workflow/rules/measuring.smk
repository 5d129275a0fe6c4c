# The rate and distortion of a run, and its pictures.
rule measure_vae:
    input:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
        weights=f"{OUT}/{TRAINED}/{RUN}/best.safetensors",
    output:
        table=f"{OUT}/measure_vae/{RUN}.parquet",
    log:
        f"{OUT}/logs/measure_vae/{RUN}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_vae/{RUN}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
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
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
        weights=f"{OUT}/{TRAINED}/{RUN}/best.safetensors",
        measure=f"{OUT}/measure_vae/{RUN}.parquet",
        probe=first_probe,
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
    threads: 1
    resources:
        **computing(1500, minutes=60, minutes_on_gpu=20),
    params:
        code=run_code("draw_gallery"),
        spec=run_spec,
        gallery=config["gallery"],
        title=lambda wildcards: config["datasets"][wildcards.dataset]["title"] or wildcards.dataset,
    script:
        "../scripts/draw_gallery.py"


rule draw_beta_gallery:
    input:
        # of each run's own gallery: a new β reads no old model
        pictures=pictured_files(f"{OUT}/draw_gallery/{{run}}.pictures.parquet"),
    output:
        picture=report(
            f"{OUT}/draw_beta_gallery/{ARCHITECTURE}.png",
            caption="../report/draw_beta_gallery.rst",
            category="Pictures along β",
            subcategory="{dataset}",
            labels=lambda wildcards: {
                "shows": "reconstructions along β",
                "architecture": "{encoder}-{decoder}-{marginal}".format(**wildcards),
                "R (nats)": span(pictured_measures(wildcards), "rate_nats", 1),
                "C (nats)": span(pictured_probes(wildcards), "label_distortion_nats", 3),
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
        runs=lambda wildcards: [
            vars(run) for run in pictured_runs(ARCHITECTURE.format(**wildcards))
        ],
        title=lambda wildcards: config["datasets"][wildcards.dataset]["title"] or wildcards.dataset,
    script:
        "../scripts/draw_beta_gallery.py"
