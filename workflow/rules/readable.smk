# Check configuration files before Snakemake reads them: it would run the Python code of a template.
from pathlib import Path

from labelinfo.config.experiment import read_map
from labelinfo.errors import ConfigError
from snakemake.exceptions import WorkflowError

# escape β for a terminal or log whose locale does not have it
for stream in (getattr(handler, "stream", None) for handler in logger.handlers):
    if stream is not None:
        stream.reconfigure(errors="backslashreplace")

try:
    # relative to the working directory, as in Snakemake, which has already read --configfile
    for file in ("config.yaml", *workflow.overwrite_configfiles):
        if Path(file).exists():
            read_map(file)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
