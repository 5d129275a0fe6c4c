"""How the runs are marked on the page: as in the figures."""

from typing import Any

import pandas as pd

from labelinfo.figures import style


def mark_records(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the marks of all kinds of runs (decoder and marginal), and of all encoders.

    A kind has the names of its parts, the key (d, m) of the figures, the meaning of its symbols,
    and the colour, shape and fill of its marker. An encoder has the mark inside the marker.
    """
    styles = style.choose_run_styles(runs)
    present = set(zip(runs["decoder"], runs["marginal"], strict=True))
    kinds = [
        {
            "decoder": decoder,
            "marginal": marginal,
            "key": styles.key(decoder, marginal),
            "colour": look.colour,
            "marker": look.marker,
            "fill": styles.decoders[decoder].fill,
        }
        for marginal, look in styles.marginals.items()
        for decoder in styles.decoders
        if (decoder, marginal) in present
    ]
    meanings = {
        "decoders": {name: look.meaning for name, look in styles.decoders.items()},
        "marginals": {name: look.meaning for name, look in styles.marginals.items()},
    }
    return {"kinds": kinds, "encoders": styles.encoders, "meanings": meanings}
