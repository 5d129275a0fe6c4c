"""Judge the claims of the paper by the tables of this experiment."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.claims.claims import judge
    from labelinfo.claims.evidence import Evidence, Settings
    from labelinfo.claims.page import write_page
    from labelinfo.io.atomic import write_text
    from labelinfo.io.tables import read_provenance, read_table, write_table
    from labelinfo.provenance import collect, describe

    tables = {
        name: read_table(snakemake.input[name])
        for name in ("runs", "baselines", "differences", "headlines")
    }
    claims = judge(Evidence(**tables, settings=Settings(**snakemake.params.claims)))
    origin = describe(
        "judge_claims", code=snakemake.params.code, config={"claims": snakemake.params.claims}
    )
    inputs = (snakemake.input[name] for name in tables)
    write_table(snakemake.output.table, claims, collect([origin, *map(read_provenance, inputs)]))
    page = write_page(claims, tables["headlines"], snakemake.params.experiment)
    write_text(snakemake.output.page, page)
