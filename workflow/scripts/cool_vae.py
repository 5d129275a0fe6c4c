"""Cool down a copy of a path's snapshot at the β of one run."""

from labelinfo.jobs import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["machine"]):
    from labelinfo.config.model_settings import PathPlan
    from labelinfo.config.run import Run
    from labelinfo.models.vae import VaeSpec
    from labelinfo.training.cooling import cool_run
    from labelinfo.training.job import TrainingJob
    from labelinfo.training.path import PathFiles
    from labelinfo.training.run import TrainingFiles

    output = snakemake.output
    cool_run(
        Run.from_wildcards(snakemake.wildcards),
        VaeSpec(**snakemake.params.spec),
        PathPlan.of({key: snakemake.params[key] for key in ("training", "path", "betas")}),
        path=PathFiles(snakemake.input.snapshots, snakemake.input.record),
        files=TrainingFiles(output.best, output.last, output.curve, output.record),
        job=TrainingJob(
            dataset_file=snakemake.input.dataset,
            device=snakemake.config["machine"]["device"],
            code=snakemake.params.code,
            threads=snakemake.threads,
            checkpoint_seconds=snakemake.config["machine"]["checkpoint_seconds"],
        ),
    )
