"""The rate axes for comparing numbers of principal components, and their columns."""

# Ends in nats by the name in the columns; None is H(X) of the data set. A verdict on the best k
# must not depend on the end of the axis.
AXES: dict[str, float | None] = {"20": 20.0, "40": 40.0, "data_entropy": None}
SELECTION_COLUMNS = [
    "selection_rate_max_nats",
    "selection_area_nats2",
    "selection_excess_nats2",
    "selection_excess_nats2_se",
    *(f"selection_excess_{axis}_nats2{end}" for axis in AXES for end in ("", "_se")),
    "selection_flat",
]
