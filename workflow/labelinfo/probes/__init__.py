"""Label probes: the label information that a classifier can read from a code."""
