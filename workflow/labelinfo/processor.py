"""Which processor a machine has."""

import re
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def processor_generation() -> str:
    """Return family and model of the processor, empty where the system does not tell them.

    Clouds give processors of several generations one name ("AMD EPYC"), and these round otherwise.
    """
    try:
        text = _CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return ""
    found = [
        re.search(rf"^{key}\s*: (\d+)$", text, re.MULTILINE) for key in ("cpu family", "model")
    ]
    return "family {} model {}".format(*(match[1] for match in found)) if all(found) else ""
