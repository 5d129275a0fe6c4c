"""Train one classifier on pixels and measure it."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.baselines.classifiers import chosen_network, train_classifier
    from labelinfo.io.tables import read_table

    # of at most one search
    choice = next(iter(snakemake.input.get("choice", [])), None)
    train_classifier(
        snakemake.wildcards.baseline,
        snakemake.wildcards.task,
        int(snakemake.wildcards.seed),
        snakemake.params.settings,
        dataset_file=snakemake.input.dataset,
        target=snakemake.output.table,
        losses_target=snakemake.output.losses,
        device=snakemake.config["machine"]["device"],
        code=snakemake.params.code,
        checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        compiled_folder="results/compiled",
        network=chosen_network(read_table(choice), choice) if choice else None,
    )
