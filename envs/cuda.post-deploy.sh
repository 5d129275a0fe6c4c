#!/bin/sh
# The package itself, from the checkout in which Snakemake runs.
python -m pip install --no-deps --editable .
