"""Faults that a user can mend: one sentence each, naming the file or key and the remedy."""


class LabelinfoError(Exception):
    """Base of every fault whose message is meant for the user, without a traceback."""


class ConfigError(LabelinfoError):
    """The configuration is wrong; the message names the key and what is allowed there."""


class DataError(LabelinfoError):
    """An input file is missing, truncated, tampered with or malformed; the message names it."""


class StorageError(LabelinfoError):
    """A file of our own cannot be read or written (full disk, no permission, damaged)."""
