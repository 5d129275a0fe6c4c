# The configuration as a file: looked at before Snakemake reads it, which would run a template's Python.
from pathlib import Path

from labelinfo.config.experiment import read_map
from labelinfo.errors import ConfigError
from snakemake.exceptions import WorkflowError

# a terminal or log without β, by its locale, gets an escape for it, not an error
for stream in (getattr(handler, "stream", None) for handler in logger.handlers):
    if stream is not None:
        stream.reconfigure(errors="backslashreplace")

try:
    # where Snakemake looks for it, too; what comes by --configfile it has read already
    for file in ("config.yaml", *workflow.overwrite_configfiles):
        if Path(file).exists():
            read_map(file)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
