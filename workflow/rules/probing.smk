# Both probes of each task of a run, on codes of its frozen encoder, and the search for the strong one.
rule train_probe:
    input:
        dataset=PREPARED,
        weights=WEIGHTS,
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
        probe={key: config["probe"][key] for key in ("precision", "binarizations")},
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
