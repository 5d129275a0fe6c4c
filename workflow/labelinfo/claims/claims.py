"""The twelve claims of the paper and their verdicts."""

import pandas as pd

from labelinfo.claims import baselines, comparisons, lines, networks, rates
from labelinfo.claims.claim import decide_by_both_probes
from labelinfo.claims.evidence import Evidence, caveat, explorer_address
from labelinfo.paper import STAND_INS

CLAIMS = (
    lines.MANY_BELOW,
    rates.RATES_THAT_RETAIN,
    networks.AS_GOOD_AS_CLASSIFIER,
    networks.BETTER_THAN_RANDOM,
    rates.COMPRESSION_FACTORS,
    comparisons.FACTORISED_LOWER,
    lines.ALPHABET_NEAR_CHANCE,
    lines.GAUSSIAN_TRACKS_PCA,
    comparisons.MARGINAL_MATTERS,
    comparisons.PREFERENCES,
    baselines.BEST_DIMENSIONS,
    baselines.BALLS,
)


COLUMNS = ["claim", "statement", "rule", "evidence", "verdict", "number", "runs"]


def judge(evidence: Evidence) -> pd.DataFrame:
    """Return one row of :data:`COLUMNS` per claim."""
    digits = evidence.results("mnist", "digit")
    rows = []
    for claim in CLAIMS:
        found = decide_by_both_probes(claim, evidence)
        grounds, number, runs = found.evidence, found.number, found.runs
        if claim.on_digits:
            grounds += caveat([digits])
            if number and digits and digits.panel.dataset in STAND_INS:
                number = f"on {digits.panel.dataset}: {number}"
            if digits and not runs:
                runs = explorer_address(digits)
        rule = claim.rule(evidence.settings)
        rows.append((claim.number, claim.statement, rule, grounds, found.verdict, number, runs))
    return pd.DataFrame(rows, columns=COLUMNS)
