"""Pack the tables of an experiment's jobs, for publishing and joining with other slices."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from pathlib import Path

    from labelinfo.tables.slices import pack_slice

    inputs = snakemake.input
    pack_slice(
        Path(snakemake.output.folder),
        {
            kind: inputs[kind]
            for kind in ("summaries", "training", "measures", "probes", "baselines")
        },
        paths=inputs.paths,
        run_losses=inputs.run_losses,
        level_losses=inputs.level_losses,
        code=snakemake.params.code,
    )
