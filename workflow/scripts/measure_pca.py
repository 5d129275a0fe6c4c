"""Measure the randomised-PCA baseline over its whole grid."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from pathlib import Path

    from labelinfo.baselines.pca import measure_pca
    from labelinfo.data.dataset import load_dataset
    from labelinfo.io.losses import write_losses
    from labelinfo.io.tables import write_table
    from labelinfo.probes.precision import resolve_probe_precision
    from labelinfo.provenance import describe
    from labelinfo.tables.baselines import baseline_rows
    from labelinfo.training.device import resolve_device

    params, wildcards = snakemake.params, snakemake.wildcards
    dataset = load_dataset(snakemake.input.dataset)
    device = resolve_device(snakemake.config["machine"]["device"])
    compiled = Path("results/compiled")
    probe = resolve_probe_precision(params.probe, len(dataset.train), device, compiled)
    points, losses = measure_pca(
        dataset, wildcards.task, params.pca, probe, device=device, compiled_folder=compiled
    )
    config = {"pca": params.pca, "probe": probe}
    origin = describe("measure_pca", code=params.code, config=config, data=dataset.digests)
    of = {"dataset": wildcards.dataset, "task": wildcards.task, "baseline": "pca"}
    of["points"] = points[["k", "sigma"]].to_dict("records")
    write_losses(snakemake.output.losses, losses, of, origin)
    write_table(
        snakemake.output.table,
        baseline_rows(
            wildcards.dataset,
            wildcards.task,
            "pca",
            points,
            params=["k", "sigma", "selected"],
        ),
        origin,
    )
