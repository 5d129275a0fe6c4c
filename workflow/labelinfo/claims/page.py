"""The page of verdicts and headline numbers."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import jinja2
import pandas as pd

from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, above_or_below
from labelinfo.paper import STAND_INS
from labelinfo.tables.probe_views import PAPER

# a sign and a colour for each verdict; the sign is for grey prints and colour-blind readers
_SIGNS = {
    HOLDS: ("✓", "light-dark(#00664b, #4cc9a4)"),
    FAILS: ("✗", "light-dark(#9c3a00, #f0935c)"),
    UNDECIDED: ("?", "light-dark(#555, #aaa)"),
}
# targets of the page's links, from ``judge_claims/``
PLACES = {
    "explorer": "../draw_explorer/explorer.html",
    "figure1": "../figures/figure1.png",
    "figure3": "../figures/figure3.png",
}
_BALLS = 12  # the claim that Figure 3 shows
_STRONG = " By the strong probe, "


def write_page(
    claims: pd.DataFrame,
    headlines: pd.DataFrame,
    experiment: str,
    places: Mapping[str, str] = PLACES,
) -> str:
    """Return a self-contained HTML page: headlines, an overview of verdicts, rules and evidence.

    ``places`` has the addresses of ``explorer``, ``figure1`` and ``figure3``, from the page; a
    missing place is not linked.
    """
    counts = claims["verdict"].value_counts()
    overall = headlines[headlines["decoders"] == "all"].to_dict("records")
    names = dict.fromkeys(row["dataset"] for row in overall)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = files("labelinfo.claims") / "templates" / "page.html"
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        experiment=experiment,
        signs=_SIGNS,
        sentences=list(map(_sentence, overall)),
        note=" ".join(f"“{name}” is {STAND_INS[name]}." for name in names if name in STAND_INS),
        summary=", ".join(f"{verdict} {counts.get(verdict, 0)}" for verdict in _SIGNS),
        claims=[
            row | {"links": _links(row, places), "by_probe": _by_probe(row["evidence"])}
            for row in claims.to_dict("records")
        ],
        tables=list(_tables(headlines)),
    )


def _sentence(row: dict[str, Any]) -> str:
    """Return the headline numbers over all decoders as a sentence that names the data."""
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
            f"{_number(ceiling)} is {_number(row['rate_nats'], row['rate_nats_se'], '.1f')} nats"
        )
        if not pd.isna(row["difference_nats"]):
            found += f", where C is {above_or_below(row['difference_nats'])} the classifier’s"
    score = _bounded(row, "preference_score_upper")
    return f"{start}{found}. The preference score is at most {score}."


def _links(row: dict[str, Any], places: Mapping[str, str]) -> dict[str, str]:
    links = {}
    if row["runs"] and "explorer" in places:
        links["runs"] = f"{places['explorer']}#{row['runs']}"
    figure = "figure3" if row["claim"] == _BALLS else "figure1"
    if figure in places and (row["runs"] or row["claim"] == _BALLS):
        links[f"Figure {figure[-1]}"] = places[figure]
    return links


def _by_probe(evidence: str) -> list[str]:
    """Return the evidence of each probe, or one text if both have the same."""
    paper, separator, strong = evidence.partition(_STRONG)
    if not separator:
        return [evidence]
    # a caveat at the end is for both
    if strong.startswith(paper.removeprefix("By the paper's probe, ")):
        return [f"By both probes, {strong}"]
    return [paper, separator.strip() + " " + strong]


def _tables(headlines: pd.DataFrame) -> Iterator[tuple[str, list[str], Any]]:
    """Yield the caption, columns and cells of each data set and task, without empty columns."""
    for (dataset, task), rows in headlines.groupby(["dataset", "task"], sort=False):
        first = rows.iloc[0]
        kind = first["data_entropy_kind"].replace("_", " ")
        ceiling = _number(first["ceiling_nats"])
        entropy = _number(first["data_entropy_nats"], style=".2f")
        caption = f"{dataset}, {task}: H(X) ≤ {entropy} nats"
        caption += f" ({kind})" if kind else ""
        caption += f"; C of the classifier {ceiling} nats" if ceiling != "–" else ""
        cells = pd.DataFrame([_cells(row) for row in rows.to_dict("records")])
        cells = cells.loc[:, (cells != "–").any()]
        yield caption, list(cells), cells.to_numpy()


def _cells(row: dict[str, Any]) -> dict[str, str]:
    score = "preference_score_upper"
    return {
        "decoders": row["decoders"],
        "probe": row["probe"],
        "runs": str(row["runs"]),
        "smallest R within tolerance (nats)": _number(row["rate_nats"], row["rate_nats_se"], ".1f"),
        "its C minus the classifier’s (nats)": _bounded(row, "difference_nats", "+.3f"),
        "compression at most": _bounded(row, "compression_factor_upper", ".1f"),
        "R at the hull’s crossing (nats)": _bounded(row, "crossing_rate_nats", ".1f"),
        "compression there at most": _bounded(row, "crossing_factor_upper", ".1f"),
        "preference score at most": _bounded(row, score),
        "score to the classifier at most": _bounded(row, f"classifier_{score}"),
    }


def _bounded(row: dict[str, Any], name: str, style: str = ".3f") -> str:
    """Return a number with its interval; ``low`` and ``high`` are before the unit in names."""
    base = name.removesuffix("_nats")
    ends = [row[f"{base}_{end}{name.removeprefix(base)}"] for end in ("low", "high")]
    text = _number(row[name], style=style)
    if text != "–" and not any(map(pd.isna, ends)):
        text += " ({} to {})".format(*(format(end, style).replace("inf", "∞") for end in ends))
    return text


def _number(value: float, error: float = float("nan"), style: str = ".3f") -> str:
    if pd.isna(value):
        return "–"
    return format(value, style) + ("" if pd.isna(error) else f" ± {error:{style}}")
