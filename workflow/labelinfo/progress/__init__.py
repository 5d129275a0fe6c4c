"""The progress of a sweep, read from its results folder alone."""
