# What the β-VAEs are compared with.
rule measure_pca:
    input:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
    output:
        table=f"{OUT}/measure_pca/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/measure_pca/{{dataset}}/{{task}}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_pca/{{dataset}}/{{task}}.tsv"
    conda:
        ENVIRONMENT
    # a batch of probes is the same bits on any number of threads
    threads: 2
    resources:
        mem_mb=memory_mb(1500),
        gpu_jobs=int(ON_GPU),
    params:
        code=stage_code("measure_pca"),
        pca=config["pca"],
        probe=config["probe"],
    script:
        "../scripts/measure_pca.py"


# One job per encoder, task and seed.
rule measure_random_encoder:
    input:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
    output:
        table=f"{OUT}/measure_random_encoder/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.parquet",
    log:
        f"{OUT}/logs/measure_random_encoder/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.log",
    benchmark:
        f"{OUT}/benchmarks/measure_random_encoder/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.tsv"
    wildcard_constraints:
        baseline=one_of(RANDOM_ENCODERS),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_mb(1200),
        gpu_jobs=int(ON_GPU),
    params:
        code=stage_code("measure_random_encoder"),
        settings={
            "probe": config["probe"],
            "width": config["model"]["width"],
            "hidden_units": config["random_encoder"]["hidden_units"],
        },
    script:
        "../scripts/measure_random_encoder.py"


rule train_classifier:
    input:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
    output:
        table=f"{OUT}/train_classifier/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.parquet",
    log:
        f"{OUT}/logs/train_classifier/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.log",
    benchmark:
        f"{OUT}/benchmarks/train_classifier/{{dataset}}/{{baseline}}/{{task}}/seed{{seed}}.tsv"
    wildcard_constraints:
        baseline=one_of(CLASSIFIERS),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_mb(2000),
        gpu_jobs=int(ON_GPU),
    params:
        code=stage_code("train_classifier"),
        settings=classifier_settings,
    script:
        "../scripts/train_classifier.py"


rule compute_random_discard:
    input:
        summary=f"{OUT}/prepare_dataset/{{dataset}}/summary.parquet",
        measures=lambda wildcards: (
            finished(measures_of(wildcards.dataset))
            if config["datasets"][wildcards.dataset]["entropy_nats"] is None
            else []
        ),
    output:
        table=f"{OUT}/compute_random_discard/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/compute_random_discard/{{dataset}}/{{task}}.log",
    conda:
        ENVIRONMENT
    resources:
        mem_mb=500,
    params:
        code=stage_code("compute_random_discard"),
        entropy=lambda wildcards: {
            "nats": config["datasets"][wildcards.dataset]["entropy_nats"],
            "source": config["datasets"][wildcards.dataset]["entropy_source"],
        },
    script:
        "../scripts/compute_random_discard.py"
