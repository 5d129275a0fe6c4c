"""Parse the files named in the arguments within little memory; print what each came to.

Run as a program: what it asks for above what importing took is refused by the system, so that even
memory that is asked for and never touched is noticed.
"""

import json
import resource
import sys
from pathlib import Path

from labelinfo.data.files import read_verified
from labelinfo.data.formats import (
    parse_amat,
    parse_idx,
    parse_npz,
    parse_omniglot_mat,
    parse_parquet,
)
from labelinfo.errors import LabelinfoError

PARSERS = {
    ".idx": parse_idx,
    ".amat": parse_amat,
    ".mat": parse_omniglot_mat,
    ".npz": parse_npz,
    ".parquet": parse_parquet,
    ".gz": lambda content, name: content,
}
ROOM = 192 * 2**20


def used() -> int:
    """Return the bytes of address space of this process."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def main(names: list[str]) -> None:
    """Print a JSON object: the outcome by file."""
    outcomes = {}
    limit = used() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in names:
        try:
            content = read_verified(name, max_size=16 * 2**20)
            PARSERS[Path(name).suffix](content, name)
            outcome = "read"
        except LabelinfoError as error:
            outcome = f"refused: {error}"
        except BaseException as error:  # whatever it is, the test names it
            outcome = f"{type(error).__name__}: {error}"
        outcomes[name] = outcome
    outcomes["grown_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1:])
