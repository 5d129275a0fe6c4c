"""The page of verdicts and headline numbers."""

from collections.abc import Mapping
from html import escape

import pandas as pd

from labelinfo.claims.decision import (
    FAILS,
    HOLDS,
    UNDECIDED,
    above_or_below,
)
from labelinfo.paper import STAND_INS
from labelinfo.tables.probe_views import PAPER

# Each verdict has a sign as well as a colour, for grey and for colour-blind readers.
_SIGNS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?"}
_COLOURS = {
    HOLDS: "light-dark(#00664b, #4cc9a4)",
    FAILS: "light-dark(#9c3a00, #f0935c)",
    UNDECIDED: "light-dark(#555, #aaa)",
}
# targets of the page's links, from ``judge_claims/``
PLACES = {
    "explorer": "../draw_explorer/explorer.html",
    "figure1": "../figures/figure1.png",
    "figure3": "../figures/figure3.png",
}
_BALLS = 12  # the claim that Figure 3 shows
_STRONG = " By the strong probe, "

_STYLE = """
:root { color-scheme: light dark;
  --line: light-dark(#ddd, #3a3f46); --faint: light-dark(#555, #aaa) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#1a1a1a, #e4e4e4); background: light-dark(#fff, #15171a) }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
a { color: light-dark(#00568a, #7cc1ee) }
article { border-top: 1px solid var(--line); padding: .9rem 0 }
article h3 { font-size: 1rem; margin: 0 0 .4rem }
.verdict { font-weight: 600; white-space: nowrap }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem .8rem; margin: 0 }
dt, .small { color: var(--faint) } dd { margin: 0 } dd p { margin: 0 0 .3rem }
.small { font-size: .9rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem }
th, td { padding: .25rem .6rem; text-align: right; vertical-align: top;
  border-bottom: 1px solid var(--line) }
th:nth-child(-n+2), td:nth-child(-n+2), #overview th, #overview td { text-align: left }
caption { text-align: left; font-weight: 600; padding: .6rem 0 }
.headlines th { vertical-align: bottom; font-weight: 500; color: var(--faint) }
@media (max-width: 40rem) {
  dl { grid-template-columns: 1fr } dt { margin-top: .4rem }
  #overview thead { display: none }
  #overview tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0 }
  #overview td { display: inline-block; border: 0; padding: 0 .8rem .1rem 0 }
  #overview td:nth-child(2) { display: inline } #overview td:nth-child(4) { display: block }
}
@media print { :root { color-scheme: light } .wide { overflow: visible } }
"""


def write_page(
    claims: pd.DataFrame,
    headlines: pd.DataFrame,
    experiment: str,
    places: Mapping[str, str] = PLACES,
) -> str:
    """Return a self-contained HTML page: headlines, an overview of verdicts, rules and evidence.

    ``claims`` is made by :func:`labelinfo.claims.claims.judge`, ``headlines`` by
    :func:`labelinfo.claims.headline_numbers.headline_numbers`. ``places`` has the addresses of
    ``explorer``, ``figure1`` and ``figure3``, from the page; a place that is missing is not linked.
    """
    counts = claims["verdict"].value_counts()
    summary = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in _SIGNS)
    rows = claims.to_dict("records")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Claims: {escape(experiment)}</title><style>{_STYLE}</style></head><body><main>
<h1>The paper’s claims, and the verdicts of experiment “{escape(experiment)}”</h1>
{_sentences(headlines)}
<h2>Verdicts</h2>
<p>{len(claims)} claims of Fertig, Arbabi &amp; Alemi (2018): {summary}. “Not enough data” means
that the data show neither that the claim holds nor that it fails.</p>
<div class="wide"><table id="overview"><thead><tr><th scope="col">#</th><th scope="col">claim</th>
<th scope="col">verdict</th><th scope="col">number</th><th scope="col">see</th></tr></thead>
<tbody>{"".join(_line(row, places) for row in rows)}</tbody></table></div>
<h2>Headline numbers</h2>
{_headlines(headlines)}
<p class="small">The smallest R within tolerance is the R of one run. It is chosen on validation:
of the runs whose C exceeds that of the convolutional image classifier by at most the tolerance,
the one of smallest R. The crossing is the rate at which the lower convex hull of the runs reaches
the same C; its interval covers the errors of R and C. A preference score is 0 for random
discarding and 1 for codes whose first bits hold all of the label; the second score compares with
random discarding down to the C of the best image classifier. H(X) is an upper bound, either
published or the best R + D of this sweep, so compression factors and scores are upper bounds: the
true ones are <em>at most</em> so large. Intervals are over test images.</p>
<h2>Rules and evidence</h2>
<p>The rule next to each verdict computes it from the tables of this experiment. Runs are chosen on
the validation split. Numbers are in nats and of the test split, except where a rule names
validation. A verdict on C stands only if the paper’s probe and the strong probe agree on it.</p>
{"".join(map(_article, rows))}
</main></body></html>
"""


def _sentences(headlines: pd.DataFrame) -> str:
    """Return the headline numbers over all decoders as sentences that name the data."""
    rows = headlines[headlines["decoders"] == "all"].to_dict("records")
    items = "".join(f"<li>{escape(_sentence(row))}</li>" for row in rows)
    stand_ins = [
        f"“{name}” is {STAND_INS[name]}."
        for name in dict.fromkeys(row["dataset"] for row in rows)
        if name in STAND_INS
    ]
    note = f"<p>{escape(' '.join(stand_ins))}</p>" if stand_ins else ""
    return f"<ul>{items}</ul>{note}" if rows else "<p>This experiment has no finished run.</p>"


def _sentence(row: dict) -> str:
    probe = "the paper’s probe" if row["probe"] == PAPER else "the strong probe"
    start = f"On {row['dataset']} ({row['task']}, {row['runs']} runs), by {probe}: "
    ceiling, tolerance = row["ceiling_nats"], _number(row["tolerance_nats"])
    if pd.isna(ceiling):
        found = "there is no image classifier to compare with"
    elif pd.isna(row["rate_nats"]):
        found = f"no run has C within {tolerance} nats of the classifier’s {_number(ceiling)}"
    else:
        found = (
            f"the smallest R with C within {tolerance} nats of the classifier’s "
            f"{_number(ceiling)} is {_number(row['rate_nats'], row['rate_nats_se'], digits=1)} nats"
        )
        if not pd.isna(row["difference_nats"]):
            found += f", where C is {above_or_below(row['difference_nats'])} the classifier’s"
    score = _bounded(row, "preference_score_upper")
    return f"{start}{found}. The preference score is at most {score}."


def _line(row: dict, places: Mapping[str, str]) -> str:
    number = row["claim"]
    links = []
    if row["runs"] and "explorer" in places:
        links.append((f"{places['explorer']}#{row['runs']}", "runs"))
    figure = "figure3" if number == _BALLS else "figure1"
    if figure in places and (row["runs"] or number == _BALLS):
        links.append((places[figure], f"Figure {figure[-1]}"))
    look = ", ".join(f'<a href="{escape(link)}">{name}</a>' for link, name in links)
    return (
        f'<tr><td><a href="#claim{number}">{number}</a></td><td>{escape(row["statement"])}</td>'
        f"<td>{_verdict(row['verdict'])}</td><td>{escape(row['number'] or '–')}</td>"
        f"<td>{look}</td></tr>\n"
    )


def _verdict(verdict: str) -> str:
    colour, sign = _COLOURS[verdict], _SIGNS[verdict]
    return f'<span class="verdict" style="color:{colour}">{sign} {verdict}</span>'


def _article(row: dict) -> str:
    evidence = "".join(f"<p>{escape(text)}</p>" for text in _by_probe(row["evidence"]))
    return (
        f'<article id="claim{row["claim"]}"><h3>{row["claim"]}. {escape(row["statement"])}</h3>'
        f"<p>{_verdict(row['verdict'])}</p><dl><dt>Rule</dt><dd>{escape(row['rule'])}</dd>"
        f"<dt>Evidence</dt><dd>{evidence}</dd></dl></article>\n"
    )


def _by_probe(evidence: str) -> list[str]:
    """Return the evidence of each probe, or one text where both have the same."""
    paper, separator, strong = evidence.partition(_STRONG)
    if not separator:
        return [evidence]
    said = paper.removeprefix("By the paper's probe, ")
    # a caveat at the end is for both
    if strong.startswith(said):
        return [f"By both probes, {strong}"]
    return [paper, separator.strip() + " " + strong]


def _headlines(table: pd.DataFrame) -> str:
    """Return one table for each data set and task; what all its rows share is in its caption."""
    parts = []
    for (dataset, task), rows in table.groupby(["dataset", "task"], sort=False):
        first = rows.iloc[0]
        entropy = f"H(X) ≤ {_number(first['data_entropy_nats'], digits=2)} nats"
        kind = first["data_entropy_kind"].replace("_", " ")
        ceiling = _number(first["ceiling_nats"])
        caption = f"{dataset}, {task}: {entropy}{f' ({kind})' if kind else ''}"
        if ceiling != "–":
            caption += f"; C of the classifier {ceiling} nats"
        cells = pd.DataFrame([_cells(row) for row in rows.to_dict("records")])
        # no column of dashes
        cells = cells.loc[:, (cells != "–").any()]
        head = "".join(f'<th scope="col">{name}</th>' for name in cells)
        body = "".join(
            f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells.to_numpy()
        )
        parts.append(
            f'<div class="wide"><table class="headlines"><caption>{escape(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
    return "".join(parts)


def _cells(row: dict) -> dict[str, str]:
    crossing = row["crossing_rate_low_nats"], row["crossing_rate_high_nats"]
    difference = row["difference_low_nats"], row["difference_high_nats"]
    return {
        "decoders": escape(row["decoders"]),
        "probe": row["probe"],
        "runs": str(row["runs"]),
        "smallest R within tolerance (nats)": _number(
            row["rate_nats"], row["rate_nats_se"], digits=1
        ),
        "its C minus the classifier’s (nats)": _number(
            row["difference_nats"], ends=difference, sign="+"
        ),
        "compression at most": _bounded(row, "compression_factor_upper", 1),
        "R at the hull’s crossing (nats)": _number(
            row["crossing_rate_nats"], ends=crossing, digits=1
        ),
        "compression there at most": _bounded(row, "crossing_factor_upper", 1),
        "preference score at most": _bounded(row, "preference_score_upper"),
        "score to the classifier at most": _bounded(row, "classifier_preference_score_upper"),
    }


def _bounded(row: dict, name: str, digits: int = 3) -> str:
    return _number(row[name], ends=(row[f"{name}_low"], row[f"{name}_high"]), digits=digits)


def _number(
    value: float,
    error: float | None = None,
    *,
    ends: tuple[float, float] | None = None,
    digits: int = 3,
    sign: str = "",
) -> str:
    if pd.isna(value):
        return "–"
    text = f"{value:{sign}.{digits}f}"
    if error is not None and not pd.isna(error):
        text += f" ± {error:.{digits}f}"
    if ends is not None and not any(map(pd.isna, ends)):
        low, high = (f"{end:{sign}.{digits}f}".replace("inf", "∞") for end in ends)
        text += f" ({low} to {high})"
    return text
