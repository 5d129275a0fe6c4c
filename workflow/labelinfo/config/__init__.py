"""The experiment's configuration: checked against the schema, then turned into named runs."""
