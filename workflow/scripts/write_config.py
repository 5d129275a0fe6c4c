"""Write the experiment's configuration, including defaults."""

from labelinfo.jobs import job

with job(snakemake.log[0]):
    import yaml

    from labelinfo.io.atomic import write_text

    config = {key: value for key, value in snakemake.params.items() if key != "code"}
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    write_text(snakemake.output.text, text)
