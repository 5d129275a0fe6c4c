"""Fetch one file from the mirror folder or the internet, verified."""

import os

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.data.fetch import fetch_file

    # Where a file comes from does not change its content, so this is no parameter of the rule.
    mirror = snakemake.config["machine"]["mirror"] or os.environ.get("LABELINFO_MIRROR") or None
    fetch_file(
        snakemake.wildcards.file,
        snakemake.output.file,
        sha256=snakemake.params.checks.get("sha256"),
        git_blob_sha1=snakemake.params.checks.get("git_blob_sha1"),
        size=snakemake.params.checks.get("bytes"),
        urls=snakemake.params.checks.get("urls", ()),
        mirror=mirror,
    )
