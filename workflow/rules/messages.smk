# Messages before the first job and after the last, and labels of the report.
def check_results_folder():
    """Refuse a read-only results folder before Snakemake fails to make folders in it."""
    folder = next(path for path in (Path(OUT), *Path(OUT).parents) if path.exists())
    if not os.access(folder, os.W_OK):
        raise WorkflowError(
            f"The folder {folder} cannot be written: make it writable (its disk may be read-only), "
            "or run the workflow where you may write."
        )


def span(files, column, digits):
    """The smallest and the largest value in one-row tables, as text for the report."""
    from labelinfo.io.tables import read_table

    tables = [read_table(file) for file in files if Path(file).exists()]
    values = [float(value) for table in tables for value in table[column].dropna()]
    ends = (
        dict.fromkeys(f"{end:.{digits}f}" for end in (min(values), max(values))) if values else {}
    )
    return " to ".join(ends) or "–"


def tell_how_long_it_takes():
    """Announce a run of more than ten hours."""
    # only the scheduler knows the number of cores of other machines
    notice = "" if workflow.non_local_exec else long_run_notice(config, Path(OUT), workflow.cores)
    if notice:
        logger.info(notice)


def tell_where_results_lie():
    """Print the summary of a successful run."""
    summary = Path(OUT) / "write_summary" / "summary.txt"
    if summary.exists():
        logger.info(f"\n{summary.read_text(encoding='utf-8')}")


def tell_what_failed():
    """Print the failed jobs and the ends of their logs."""
    failures = failures_since([f"{OUT}/logs", f"{DOWNLOADS}/logs"], STARTED)
    if failures:
        logger.error(
            f"\nFailed and interrupted jobs, with the last lines of their logs:\n{failures}"
        )
