# The probes of a run: its features, both probes of each task, and the search for the strong one.
# One job for all tasks of a run. The features are temporary: adding a task recomputes them, and the
# probes of the run's other tasks, to the same bits. `--notemp` keeps the features and avoids this.
rule encode_vae:
    input:
        dataset=PREPARED,
        weights=WEIGHTS,
    output:
        features=temp(f"{OUT}/encode_vae/{RUN}.safetensors"),
    log:
        f"{OUT}/logs/encode_vae/{RUN}.log",
    benchmark:
        f"{OUT}/benchmarks/encode_vae/{RUN}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **computing(1500, minutes=60, minutes_on_gpu=20),
    params:
        code=run_code("encode_vae"),
        spec=run_spec,
        binarizations=config["probe"]["binarizations"],
    script:
        "../scripts/encode_vae.py"


rule train_probe:
    input:
        dataset=PREPARED,
        weights=WEIGHTS,
        # `ancient`, because the weights and the code already make a probe stale
        features=ancient(f"{OUT}/encode_vae/{RUN}.safetensors"),
        choice=recipe_choice,
    output:
        table=f"{OUT}/train_probe/{RUN}/{{task}}.parquet",
        losses=f"{OUT}/train_probe/{RUN}/{{task}}.losses.parquet",
        strong_losses=f"{OUT}/train_probe/{RUN}/{{task}}.strong.losses.parquet",
    log:
        f"{OUT}/logs/train_probe/{RUN}/{{task}}.log",
    benchmark:
        f"{OUT}/benchmarks/train_probe/{RUN}/{{task}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **computing(2000, minutes=180, minutes_on_gpu=60),
    params:
        code=run_code("train_probe"),
        spec=run_spec,
        probe=config["probe"],
        strong_probe=strong_recipe,
    script:
        "../scripts/train_probe.py"


# The search for the strong probe, if `strong_probe.search` is set.
rule search_probe:
    input:
        dataset=PREPARED,
        weights=searched_files(f"{OUT}/{TRAINED}/{{run}}/best.safetensors"),
        features=ancient(searched_files(f"{OUT}/encode_vae/{{run}}.safetensors")),
    output:
        table=f"{OUT}/search_probe/{RECIPE}.parquet",
    log:
        f"{OUT}/logs/search_probe/{RECIPE}.log",
    benchmark:
        f"{OUT}/benchmarks/search_probe/{RECIPE}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **computing(2000, minutes=180, minutes_on_gpu=60),
    params:
        # includes the encoder's code
        code=lambda wildcards: run_code("search_probe")(searched_runs(wildcards)[0]),
        runs=lambda wildcards: [vars(run) for run in searched_runs(wildcards)],
        spec=lambda wildcards: run_spec(searched_runs(wildcards)[0]),
        precision=config["probe"]["precision"],
        binarizations=config["probe"]["binarizations"],
        strong_probe=lambda wildcards: strong_recipe(wildcards)
        | {
            "learning_rate": float(wildcards.learning_rate),
            "hidden_units": int(wildcards.hidden_units),
            "dropout": float(wildcards.dropout),
        },
    script:
        "../scripts/search_probe.py"


rule choose_probe:
    input:
        candidates=recipe_files,
    output:
        table=f"{OUT}/choose_probe/{{dataset}}/{{task}}.parquet",
    log:
        f"{OUT}/logs/choose_probe/{{dataset}}/{{task}}.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        code=stage_code("choose_probe"),
        configured=configured_recipe,
    script:
        "../scripts/choose_probe.py"
