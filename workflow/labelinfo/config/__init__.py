"""The experiment's configuration: validation, defaults, and the runs that it defines."""
