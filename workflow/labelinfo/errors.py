"""Errors that a user can fix; each message is one sentence with the file or key and the remedy."""


class LabelinfoError(Exception):
    """Base class of errors whose message is shown to the user without a traceback."""


class ConfigError(LabelinfoError):
    """The configuration is wrong; the message names the key and the allowed values."""


class DataError(LabelinfoError):
    """An input file is missing, truncated, tampered with or malformed; the message names it."""


class StorageError(LabelinfoError):
    """A file of this workflow cannot be read or written (full disk, no permission, damaged)."""
