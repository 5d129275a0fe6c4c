"""Join the tables of the sweep's jobs into the table of runs."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd

    from labelinfo.io.checkpoints import discard_checkpoint
    from labelinfo.io.tables import read_provenance, read_with_provenance, write_table
    from labelinfo.provenance import collect, describe
    from labelinfo.tables.label_columns import label_entropies, label_entropy_biases
    from labelinfo.tables.runs import IDENTITY, JobFiles, aggregate_runs
    from labelinfo.tables.slices import check_slices_fit, with_rows_of_slices

    params, inputs = snakemake.params, snakemake.input
    expected = pd.DataFrame(params.expected, columns=[*IDENTITY, "task"])
    if inputs.slice_probes:
        check_slices_fit([*inputs.probes, *inputs.slice_probes])
    datasets, prepared = read_with_provenance(snakemake.input.datasets)
    table, origins = aggregate_runs(
        with_rows_of_slices(expected, inputs.slice_probes),
        JobFiles(
            training=[*inputs.training, *inputs.slice_training],
            measures=[*inputs.measures, *inputs.slice_measures],
            probes=[*inputs.probes, *inputs.slice_probes],
        ),
        label_entropies=label_entropies(datasets),
        label_entropy_biases=label_entropy_biases(datasets),
        best_known_nats=params.best_known_nats,
        caveats=params.caveats,
        standard_errors=params.tables["violation_standard_errors"],
        probe_tolerance_nats=params.tables["probe_tolerance_nats"],
    )
    config = {"tables": params.tables, "best_known_nats": params.best_known_nats}
    own = describe("aggregate_runs", code=params.code, config=config)
    paths = [read_provenance(file) for file in inputs.paths]
    write_table(snakemake.output.table, table, collect([*origins, *paths, prepared, own]))
    # not earlier: if a cluster groups the jobs of a run, a later job's failure also deletes the
    # outputs of the training
    for each in snakemake.input.training:
        discard_checkpoint(Path(each).with_name("best.safetensors"))
    for each in snakemake.input.paths:
        discard_checkpoint(each)
