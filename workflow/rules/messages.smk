# What a run says before its first job and after its last, and what the report names.
def check_results_folder():
    """Snakemake makes folders before a job can say that it may not write there."""
    folder = next(path for path in (Path(OUT), *Path(OUT).parents) if path.exists())
    if not os.access(folder, os.W_OK):
        raise WorkflowError(
            f"The folder {folder} cannot be written: make it writable (its disk may be read-only), "
            "or run the workflow where you may write."
        )


def span(files, column, digits):
    """The smallest and the largest value in one-row tables, as the report's list of pictures has it."""
    from labelinfo.io.tables import read_table

    tables = [read_table(file) for file in files if Path(file).exists()]
    values = [float(value) for table in tables for value in table[column].dropna()]
    ends = (
        dict.fromkeys(f"{end:.{digits}f}" for end in (min(values), max(values))) if values else {}
    )
    return " to ".join(ends) or "–"


def tell_how_long_it_takes():
    """First words of a run of more than ten hours."""
    # of other machines' cores only the scheduler knows
    notice = "" if workflow.non_local_exec else long_run_notice(config, Path(OUT), workflow.cores)
    if notice:
        logger.info(notice)


def tell_where_results_lie():
    """Last words of a successful run."""
    summary = Path(OUT) / "write_summary" / "summary.txt"
    if summary.exists():
        logger.info(f"\n{summary.read_text(encoding='utf-8')}")


def tell_what_failed():
    """Last words of a run in which jobs failed: which, and the ends of their logs."""
    failures = failures_since([f"{OUT}/logs", f"{DOWNLOADS}/logs"], STARTED)
    if failures:
        logger.error(f"\nWhat did not end well, with the last lines of its log:\n{failures}")
