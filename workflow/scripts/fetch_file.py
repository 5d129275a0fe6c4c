"""Fetch one file from the mirror folder or the internet, verified."""

import os

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.data.fetch import addresses_of, fetch_file

    # The source of a file does not change its content, so it is not a parameter of the rule.
    mirror = snakemake.config["machine"]["mirror"] or os.environ.get("LABELINFO_MIRROR") or None
    urls = addresses_of(snakemake.wildcards.file, snakemake.config["datasets"])
    fetch_file(
        snakemake.wildcards.file,
        snakemake.output.file,
        sha256=snakemake.params.checks.get("sha256"),
        git_blob_sha1=snakemake.params.checks.get("git_blob_sha1"),
        size=snakemake.params.checks.get("bytes"),
        urls=urls,
        mirror=mirror,
    )
