"""Write the headline numbers and the paths of all results."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    from labelinfo.io.atomic import write_text
    from labelinfo.io.tables import read_table
    from labelinfo.tables.summary import summarise

    text = summarise(
        read_table(snakemake.input.runs),
        read_table(snakemake.input.baselines),
        read_table(snakemake.input.differences),
        snakemake.params.panels,
        snakemake.params.places,
    )
    write_text(snakemake.output.text, text)
