"""Readers of images and labels from a data set's verified files, one module per format.

Each reader takes the data set's name (the root of its seeds), its section of the configuration, the
tasks to probe, its files by role, and a function that matches binary images with their originals.
"""

from collections.abc import Callable

from labelinfo.data.readers.omniglot import read_omniglot
from labelinfo.data.readers.raw import RawData
from labelinfo.data.readers.static_mnist import read_static_mnist
from labelinfo.data.readers.user_file import read_user_file

# By the configuration's `datasets.<name>.reader`
READERS: dict[str, Callable[..., RawData]] = {
    "static_mnist": read_static_mnist,
    "omniglot": read_omniglot,
    "table": read_user_file,
}
