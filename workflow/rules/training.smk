# One job per data set, encoder, decoder, marginal, β and seed. Each run is either trained by itself
# (`train_vae`) or cooled down from a path through all β (`train_path`, `cool_vae`). Trainings and
# most other jobs have one thread: a sweep fills the cores with jobs, and the bits do not depend on
# --cores.
rule train_vae:
    input:
        dataset=PREPARED,
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
    resources:
        **training(2200, EPOCHS.get("train_vae", 0)),
    params:
        code=run_code("train_vae"),
        spec=run_spec,
        training=without(config["training"], "mode"),
    script:
        "../scripts/train_vae.py"


# A path depends on its ends and lengths, not on the sweep's β.
rule train_path:
    input:
        dataset=PREPARED,
    output:
        snapshots=directory(f"{OUT}/train_path/{PATH}/snapshots"),
        curve=f"{OUT}/train_path/{PATH}/learning_curve.parquet",
        record=f"{OUT}/train_path/{PATH}/path.parquet",
    log:
        f"{OUT}/logs/train_path/{PATH}.log",
    benchmark:
        f"{OUT}/benchmarks/train_path/{PATH}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **training(2200, EPOCHS.get("train_path", 0)),
    params:
        code=run_code("train_path"),
        spec=run_spec,
        betas=lambda wildcards: path_betas(config, wildcards.decoder),
        training=path_training_settings(),
        path=selected(config["path"], "first_epochs", "epochs_per_decade", "snapshots_per_decade"),
    script:
        "../scripts/train_path.py"


rule cool_vae:
    input:
        dataset=PREPARED,
        snapshots=f"{OUT}/train_path/{PATH}/snapshots",
        record=f"{OUT}/train_path/{PATH}/path.parquet",
    output:
        best=f"{OUT}/cool_vae/{RUN}/best.safetensors",
        last=f"{OUT}/cool_vae/{RUN}/last.safetensors",
        curve=f"{OUT}/cool_vae/{RUN}/learning_curve.parquet",
        record=f"{OUT}/cool_vae/{RUN}/training.parquet",
    log:
        f"{OUT}/logs/cool_vae/{RUN}.log",
    benchmark:
        f"{OUT}/benchmarks/cool_vae/{RUN}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **training(2200, EPOCHS.get("cool_vae", 0)),
    params:
        code=run_code("cool_vae"),
        spec=run_spec,
        betas=lambda wildcards: path_betas(config, wildcards.decoder),
        training=path_training_settings(),
        # only this key, so that a longer cool-down makes no path stale
        path=selected(config["path"], "cooling_epochs"),
    script:
        "../scripts/cool_vae.py"
