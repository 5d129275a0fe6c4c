# What makes a plan of thousands of jobs quick. It changes no job.
import gc
from functools import wraps

from snakemake import dag

# Thousands of jobs are millions of objects that all live on: to look through them for garbage at
# Python's usual pace takes a tenth of a dry run, which ends before garbage matters.
gc.set_threshold(0 if workflow.output_settings.dryrun else 200_000)


def once_a_rule(process_job):
    """Snakemake's look at the script of each job, made for one job of each rule.

    It asks whether there is such a file, and takes a quarter of a dry run. The path of a script may
    depend on wildcards and parameters in Snakemake; none does here.
    """
    looked_at = set()

    @wraps(process_job)
    def process_first_job(self, job):
        if job.rule.name not in looked_at:
            looked_at.add(job.rule.name)
            process_job(self, job)

    return process_first_job


# no part of what Snakemake promises to keep: without it plans are only slower
if hasattr(dag, "ScriptProcessor"):
    dag.ScriptProcessor.process_job = once_a_rule(dag.ScriptProcessor.process_job)
