"""Label probes: how much of a label can be read off a code."""
