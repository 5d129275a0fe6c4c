"""Make the report: one HTML page of all results, with captions, run times and the workflow."""

import subprocess
import tempfile
from pathlib import Path

from labelinfo.jobs import job

with job(snakemake.log[0]) as logger:
    import yaml

    from labelinfo.errors import LabelinfoError
    from labelinfo.io.atomic import atomic_path

    with tempfile.TemporaryDirectory() as folder, atomic_path(snakemake.output.page) as page:
        # the configuration of this call, including the options of the command line
        config = Path(folder, "config.yaml")
        config.write_text(yaml.safe_dump(snakemake.config), encoding="utf-8")
        command = [snakemake.params.python, "-m", "snakemake", "all", "--nolock"]
        command += ["--snakefile", snakemake.params.snakefile, "--configfile", str(config)]
        # no lock: the running Snakemake holds it, and a report changes nothing
        done = subprocess.run(  # noqa: S603 - Snakemake itself
            [*command, "--report", str(page)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        logger.info("%s", done.stdout + done.stderr)
        if done.returncode:
            reason = " ".join(done.stderr.split("\n")[-3:]).strip()
            raise LabelinfoError(
                f"Snakemake could not make the report ({reason}). See {snakemake.log[0]}."
            )
