"""Verdicts and headline numbers as a page that people read."""

from html import escape

import pandas as pd

from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED

# Each verdict has a sign as well as a colour, for grey and for colour-blind readers.
_SIGNS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?"}
_COLOURS = {HOLDS: "#00664b", FAILS: "#9c3a00", UNDECIDED: "#555555"}

_STYLE = """
:root { color-scheme: light }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
article { border-top: 1px solid #ddd; padding: .9rem 0 }
article h3 { font-size: 1rem; margin: 0 0 .4rem }
.verdict { font-weight: 600; white-space: nowrap }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem .8rem; margin: 0 }
dt { color: #555 } dd { margin: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e5e5e5 }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dt { margin-top: .4rem } }
"""


def write_page(claims: pd.DataFrame, headlines: pd.DataFrame, experiment: str) -> str:
    """Return a self-contained HTML page: the verdict on each claim, then the headline numbers.

    Parameters
    ----------
    claims
        Made by :func:`labelinfo.claims.claims.judge`.
    headlines
        Made by :func:`labelinfo.claims.headline_numbers.headline_numbers`.
    experiment
        Name of the experiment.
    """
    counts = claims["verdict"].value_counts()
    summary = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in _SIGNS)
    articles = "\n".join(_article(row) for row in claims.to_dict("records"))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Claims: {escape(experiment)}</title><style>{_STYLE}</style></head><body><main>
<h1>What the paper claims, and what experiment “{escape(experiment)}” says</h1>
<p>{len(claims)} claims of Fertig, Arbabi &amp; Alemi (2018): {summary}. Each verdict is computed
from the tables of this experiment by the rule next to it. A choice is made on the validation split;
numbers are of the test split, but where a rule says validation, and in nats. A verdict on C is the
one on which the paper’s probe and the strong probe agree. “Not enough data” means that neither
<em>holds</em> nor <em>fails</em> is shown.</p>
{articles}
<h2>Headline numbers</h2>
<p>The smallest rate whose label distortion is within the tolerance of the convolutional image
classifier’s, and how much codes prefer the label. The first rate is that of a run, chosen on
validation; the crossing is where the lower convex hull of the runs reaches that label distortion,
and its interval covers both R and C. A preference score is 0 for random discarding and 1 where all
of the label comes with the first bits; the second score compares with random discarding down to the
C of the best image classifier. H(X) is an upper bound, either published or the best R + D of this
sweep, so factors and scores are upper bounds: <em>at most</em> so large. Intervals are over test
images.</p>
<div class="wide">{_headlines(headlines)}</div>
</main></body></html>
"""


def _article(row: dict) -> str:
    verdict = row["verdict"]
    parts = {"Rule": row["rule"], "Evidence": row["evidence"]}
    items = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in parts.items())
    return (
        f'<article id="claim{row["claim"]}"><h3>{row["claim"]}. {escape(row["statement"])}</h3>'
        f'<p class="verdict" style="color:{_COLOURS[verdict]}">{_SIGNS[verdict]} {verdict}</p>'
        f"<dl>{items}</dl></article>"
    )


def _headlines(table: pd.DataFrame) -> str:
    heads = [
        "data, task", "decoders", "probe", "runs", "H(X) at most", "classifier’s C",
        "smallest R within tolerance", "compression at most", "R at the hull’s crossing",
        "compression there at most", "C less the classifier’s", "preference score at most",
        "score to the classifier at most",
    ]  # fmt: skip
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in _cells(row))
            for row in table.to_dict("records")]  # fmt: skip
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: dict) -> list[str]:
    entropy = _number(row["data_entropy_nats"], digits=2)
    kind = row["data_entropy_kind"].replace("_", " ")
    crossing = row["crossing_rate_low_nats"], row["crossing_rate_high_nats"]
    return [
        f"{row['dataset']}, {row['task']}",
        row["decoders"],
        row["probe"],
        str(row["runs"]),
        f"{entropy} ({kind})" if kind else entropy,
        _number(row["ceiling_nats"]),
        _number(row["rate_nats"], row["rate_nats_se"], digits=1),
        _bounded(row, "compression_factor_upper", 1),
        _number(row["crossing_rate_nats"], ends=crossing, digits=1),
        _bounded(row, "crossing_factor_upper", 1),
        _number(
            row["difference_nats"], ends=(row["difference_low_nats"], row["difference_high_nats"])
        ),
        _bounded(row, "preference_score_upper"),
        _bounded(row, "classifier_preference_score_upper"),
    ]


def _bounded(row: dict, name: str, digits: int = 3) -> str:
    return _number(row[name], ends=(row[f"{name}_low"], row[f"{name}_high"]), digits=digits)


def _number(
    value: float,
    error: float | None = None,
    *,
    ends: tuple[float, float] | None = None,
    digits: int = 3,
) -> str:
    if pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}"
    if error is not None and not pd.isna(error):
        text += f" ± {error:.{digits}f}"
    if ends is not None and not any(map(pd.isna, ends)):
        text += f" ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})"
    return text
