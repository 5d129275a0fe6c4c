"""Columns of a task's label: C in bits and as a share of H(Y), and the columns of probes."""

import pandas as pd

from labelinfo.information import label_entropy_bias_nats, nats_to_bits

# columns of both probes, apart from C and accuracy of the paper's probe
PROBE_COLUMNS = [
    "label_distortion_train_nats", "probe_converged", "strong_label_distortion_nats",
    "strong_label_distortion_nats_se", "strong_label_accuracy", "strong_label_accuracy_se",
    "strong_label_distortion_valid_nats", "strong_label_distortion_train_nats",
    "strong_probe_converged",
]  # fmt: skip
CONVERGED = ["probe_converged", "strong_probe_converged"]
LABEL_COLUMNS = [
    "label_distortion_bits", "label_distortion_bits_se", "label_retained_share",
    "label_retained_share_se",
]  # fmt: skip


def label_entropies(datasets: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return H(Y) of the test split in nats by (data set, task), from the table of data sets.

    Examples
    --------
    >>> row = {"split": "test", "dataset": "mnist", "task": "digit", "label_entropy_nats": 2.3}
    >>> label_entropies(pd.DataFrame([row]))
    {('mnist', 'digit'): 2.3}
    """
    test = datasets[datasets["split"] == "test"]
    return test.set_index(["dataset", "task"])["label_entropy_nats"].to_dict()


def label_entropy_biases(datasets: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the mean underestimation of :func:`label_entropies`, in nats."""
    test = datasets[datasets["split"] == "test"]
    # tables of older versions lack the column: all their images had labels
    images = test["images"]
    labelled = test.get("labelled_images", images).fillna(images)
    return {
        (row["dataset"], row["task"]): label_entropy_bias_nats(labels, row["classes"])
        for row, labels in zip(test.to_dict("records"), labelled, strict=True)
    }


def with_label_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with C in bits and the retained share 1 − C / H(Y), with standard errors.

    H(Y) − C is a **lower** bound on I(Y; Z), so the share is a lower bound on I(Y; Z) / H(Y). H(Y)
    is taken as known exactly: the error of the share includes only that of C.

    Examples
    --------
    C of one bit for a label of two bits retains half:

    >>> row = {"label_distortion_nats": np.log(2), "label_distortion_nats_se": 0.0}
    >>> found = with_label_columns(pd.DataFrame([row | {"label_entropy_nats": np.log(4)}]))
    >>> found[["label_distortion_bits", "label_retained_share"]].values.tolist()
    [[1.0, 0.5]]
    """
    nats, error = table["label_distortion_nats"], table["label_distortion_nats_se"]
    entropy = table["label_entropy_nats"]
    return table.assign(
        label_distortion_bits=nats_to_bits(nats),
        label_distortion_bits_se=nats_to_bits(error),
        label_retained_share=1 - nats / entropy,
        label_retained_share_se=error / entropy,
    )
