#!/bin/sh
# What Snakemake asks of a submitted job: running, success or failed. This one asks Slurm.
state=$(scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
case "$state" in
    COMPLETED) echo success ;;
    PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED | STAGE_OUT | SIGNALING) echo running ;;
    # forgotten, too: Slurm keeps a finished job for MinJobAge seconds
    *) echo failed ;;
esac
