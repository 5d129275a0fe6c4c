#!/bin/sh
# What Snakemake asks of a submitted job: running, success or failed. This one asks Slurm.
if ! answer=$(scontrol show job "$1" 2>&1); then
    case "$answer" in
        # forgotten: Slurm keeps a finished job for MinJobAge seconds
        *"Invalid job id"*) echo failed ;;
        # no answer is no news of the job
        *) echo running ;;
    esac
    exit
fi
case "$(echo "$answer" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')" in
    COMPLETED) echo success ;;
    PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED | STAGE_OUT | SIGNALING) echo running ;;
    *) echo failed ;;
esac
