# One job per data set, encoder, decoder, marginal, β and seed.
rule train_vae:
    input:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
    output:
        best=f"{OUT}/train_vae/{RUN}/best.safetensors",
        last=f"{OUT}/train_vae/{RUN}/last.safetensors",
        curve=f"{OUT}/train_vae/{RUN}/learning_curve.parquet",
        record=f"{OUT}/train_vae/{RUN}/training.parquet",
    log:
        f"{OUT}/logs/train_vae/{RUN}.log",
    benchmark:
        f"{OUT}/benchmarks/train_vae/{RUN}.tsv"
    conda:
        ENVIRONMENT
    # one thread a job: a sweep fills the cores with jobs, and the bits do not depend on --cores
    threads: 1
    resources:
        **training(2200, config["training"]["epochs"]),
    params:
        code=run_code("train_vae"),
        spec=run_spec,
        training=config["training"],
    script:
        "../scripts/train_vae.py"
