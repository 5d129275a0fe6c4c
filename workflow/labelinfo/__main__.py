"""``python -m labelinfo`` is the command ``labelinfo``."""

import sys

from labelinfo.cli import main

if __name__ == "__main__":
    sys.exit(main())
