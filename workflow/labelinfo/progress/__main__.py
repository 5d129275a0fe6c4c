"""Report the progress of an experiment: ``python -m labelinfo.progress --configfile OVERLAY``."""

import argparse
import sys
from pathlib import Path

from labelinfo.config.experiment import read_config
from labelinfo.config.plan import planned_jobs
from labelinfo.console import print_in_any_locale
from labelinfo.errors import LabelinfoError
from labelinfo.progress.report import progress_report
from labelinfo.progress.states import job_states


def progress(overlays: list[Path], results: Path = Path("results")) -> str:
    """Return the progress of the experiment that ``config.yaml`` and overlays describe."""
    config = read_config(overlays)
    out = results / config["experiment"]
    return progress_report(config["experiment"], job_states(planned_jobs(config), out), out)


def main() -> None:
    """Print the progress."""
    print_in_any_locale()
    parser = argparse.ArgumentParser(prog="python -m labelinfo.progress", description=__doc__)
    parser.add_argument(
        "--configfile", nargs="*", type=Path, default=[], help="overlays, as for Snakemake"
    )
    options = parser.parse_args()
    try:
        sys.stdout.write(progress(options.configfile))
    except LabelinfoError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
