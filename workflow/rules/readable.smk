# The configuration as a file: looked at before Snakemake reads it, which would run a template's Python.
from pathlib import Path

from labelinfo.config.experiment import read_map
from labelinfo.errors import ConfigError
from snakemake.exceptions import WorkflowError

try:
    # where Snakemake looks for it, too
    if Path("config.yaml").exists():
        read_map("config.yaml")
except ConfigError as error:
    raise WorkflowError(str(error)) from None
