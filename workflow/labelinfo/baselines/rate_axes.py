"""The rate axes on which numbers of principal components are compared, and their columns."""

# Ends in nats by the name in the columns; H(X) is the data set's own. A verdict on the best k must
# not depend on where the axis ends.
AXES: dict[str, float | None] = {"20": 20.0, "40": 40.0, "data_entropy": None}
SELECTION_COLUMNS = [
    "selection_rate_max_nats",
    "selection_area_nats2",
    "selection_excess_nats2",
    "selection_excess_nats2_se",
    *(f"selection_excess_{axis}_nats2{end}" for axis in AXES for end in ("", "_se")),
    "selection_flat",
]
