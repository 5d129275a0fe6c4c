# The baselines of the β-VAEs.
rule measure_pca:
    input:
        dataset=PREPARED,
        choice=recipe_choice,
    output:
        table=f"{OUT}/measure_pca/{{dataset}}/{{task}}.parquet",
        losses=f"{OUT}/measure_pca/{{dataset}}/{{task}}.losses.parquet",
        valid_losses=f"{OUT}/measure_pca/{{dataset}}/{{task}}.valid_losses.parquet",
        strong_losses=f"{OUT}/measure_pca/{{dataset}}/{{task}}.strong.losses.parquet",
        strong_valid_losses=f"{OUT}/measure_pca/{{dataset}}/{{task}}.strong.valid_losses.parquet",
    log:
        f"{OUT}/logs/measure_pca/{{dataset}}/{{task}}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_pca/{{dataset}}/{{task}}.tsv"
    conda:
        ENVIRONMENT
    # a batch of probes gives the same bits on any number of threads
    threads: 2
    resources:
        **computing(2000, minutes=720, minutes_on_gpu=120),
    params:
        code=stage_code("measure_pca"),
        pca=selected(config["pca"], "dims", "sigmas"),
        strong_epochs_share=config["strong_probe"]["pca_epochs_share"],
        settings=probe_settings,
    script:
        "../scripts/measure_pca.py"


# The best k depends on H(X), which may need finished runs.
rule select_dimension:
    input:
        table=f"{OUT}/measure_pca/{{dataset}}/{{task}}.parquet",
        valid_losses=[
            f"{OUT}/measure_pca/{{dataset}}/{{task}}.valid_losses.parquet",
            f"{OUT}/measure_pca/{{dataset}}/{{task}}.strong.valid_losses.parquet",
        ],
        summary=f"{OUT}/prepare_dataset/{{dataset}}/summary.parquet",
        discard=discard_line_of_unknown,
    output:
        table=f"{OUT}/select_dimension/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/select_dimension/{{dataset}}/{{task}}.log",
    conda:
        ENVIRONMENT
    resources:
        **light(1000),
    params:
        code=stage_code("select_dimension"),
        selection=selected(config["pca"], "selection_rate_max_nats", "flat_share"),
        data_entropy_nats=lambda wildcards: config["datasets"][wildcards.dataset]["entropy_nats"],
    script:
        "../scripts/select_dimension.py"


# One job per encoder, task and seed.
rule measure_random_encoder:
    input:
        dataset=PREPARED,
        choice=recipe_choice,
    output:
        table=f"{OUT}/measure_random_encoder/{LEVEL}.parquet",
        losses=f"{OUT}/measure_random_encoder/{LEVEL}.losses.parquet",
        strong_losses=f"{OUT}/measure_random_encoder/{LEVEL}.strong.losses.parquet",
    log:
        f"{OUT}/logs/measure_random_encoder/{LEVEL}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_random_encoder/{LEVEL}.tsv"
    wildcard_constraints:
        baseline=one_of(baselines_of("measure_random_encoder")),
    conda:
        ENVIRONMENT
    resources:
        **computing(1200, minutes=120, minutes_on_gpu=30),
    params:
        code=stage_code("measure_random_encoder"),
        settings=lambda wildcards: probe_settings(wildcards)
        | {"width": config["model"]["width"], **config["random_encoder"]},
    script:
        "../scripts/measure_random_encoder.py"


# The probes' networks on pixels.
rule probe_images:
    input:
        dataset=PREPARED,
        choice=recipe_choice,
    output:
        table=f"{OUT}/probe_images/{LEVEL}.parquet",
        losses=f"{OUT}/probe_images/{LEVEL}.losses.parquet",
        strong_losses=f"{OUT}/probe_images/{LEVEL}.strong.losses.parquet",
    log:
        f"{OUT}/logs/probe_images/{LEVEL}.log",
    benchmark:
        f"{OUT}/benchmarks/probe_images/{LEVEL}.tsv"
    wildcard_constraints:
        baseline=one_of(baselines_of("probe_images")),
    conda:
        ENVIRONMENT
    resources:
        **computing(1500, minutes=120, minutes_on_gpu=30),
    params:
        code=stage_code("probe_images"),
        settings=probe_settings,
    script:
        "../scripts/probe_images.py"


# The search for the convolutional classifier, if `classifier.search` is set.
rule train_candidate:
    input:
        dataset=PREPARED,
    output:
        table=f"{OUT}/train_candidate/{CANDIDATE}.parquet",
    log:
        f"{OUT}/logs/train_candidate/{CANDIDATE}.log",
    benchmark:
        f"{OUT}/benchmarks/train_candidate/{CANDIDATE}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **training(
            lambda wildcards: classifier_memory(wildcards.depth), config["classifier"]["epochs"]
        ),
    params:
        code=stage_code("train_candidate"),
        settings=lambda wildcards: complex_image_settings()
        | {"depth": int(wildcards.depth), "dropout": float(wildcards.dropout)},
    script:
        "../scripts/train_candidate.py"


rule choose_classifier:
    input:
        candidates=network_files,
    output:
        table=f"{OUT}/choose_classifier/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/choose_classifier/{{dataset}}/{{task}}.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("choose_classifier"),
        configured=lambda wildcards: configured_network(wildcards.task),
        paper=lambda wildcards: papers_network(wildcards.task),
    script:
        "../scripts/choose_classifier.py"


rule train_classifier:
    input:
        dataset=PREPARED,
        choice=network_choice,
    output:
        table=f"{OUT}/train_classifier/{LEVEL}.parquet",
        losses=f"{OUT}/train_classifier/{LEVEL}.losses.parquet",
    log:
        f"{OUT}/logs/train_classifier/{LEVEL}.log",
    benchmark:
        f"{OUT}/benchmarks/train_classifier/{LEVEL}.tsv"
    wildcard_constraints:
        baseline=one_of(baselines_of("train_classifier")),
    conda:
        ENVIRONMENT
    resources:
        **training(
            lambda wildcards: classifier_memory(largest_depth(wildcards)),
            config["classifier"]["epochs"],
        ),
    params:
        code=stage_code("train_classifier"),
        settings=classifier_settings,
    script:
        "../scripts/train_classifier.py"


rule compute_random_discard:
    input:
        datasets=f"{OUT}/tables/datasets.parquet",
        measures=bounding_measures,
    output:
        table=f"{OUT}/compute_random_discard/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/compute_random_discard/{{dataset}}/{{task}}.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("compute_random_discard"),
        entropy=entropy_settings,
    script:
        "../scripts/compute_random_discard.py"
