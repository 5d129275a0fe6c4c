# Download and preparation of the data sets.
localrules:
    fetch_file,


rule fetch_file:
    output:
        file=f"{DOWNLOADS}/{{file}}",
    log:
        f"{DOWNLOADS}/logs/{{file}}.log",
    conda:
        ENVIRONMENT
    resources:
        **light(),
    params:
        checks=lambda wildcards: selected(
            FETCHED_FILES[wildcards.file], "bytes", "git_blob_sha1", "sha256"
        ),
    script:
        "../scripts/fetch_file.py"


rule prepare_dataset:
    input:
        unpack(downloaded_files),
    output:
        dataset=f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors",
        summary=f"{OUT}/prepare_dataset/{{dataset}}/summary.parquet",
    log:
        f"{OUT}/logs/prepare_dataset/{{dataset}}.log",
    benchmark:
        f"{OUT}/benchmarks/prepare_dataset/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        **computing(1300, minutes=60, minutes_on_gpu=30),
    params:
        code=stage_code("prepare_dataset"),
        definition=lambda wildcards: dataset_definition(wildcards.dataset),
        content=lambda wildcards: content_of(wildcards.dataset),
        data=lambda wildcards: matching_settings(wildcards.dataset),
    script:
        "../scripts/prepare_dataset.py"
