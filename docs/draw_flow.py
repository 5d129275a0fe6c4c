"""Draw docs/flow.svg: the stages of the workflow, their rules, and what feeds what.

Boxes are the files of workflow/rules/, arrows come from Snakemake's graph of the demo's rules.
"""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
# column and vertical centre of each stage, and the folders of the package that it calls
STAGES = {
    "data": (0, 0.5, "data"),
    "training": (1, 0.8, "training, models"),
    "measuring": (2, 0.92, "measure"),
    "probing": (2, 0.62, "probes"),
    "baselines": (2, 0.2, "baselines, probes"),
    "tables": (3, 0.5, "tables"),
    "claims": (4, 0.84, "claims"),
    "figures": (4, 0.42, "figures, explorer"),
    "report": (5, 0.62, "Snakemake's report"),
}
WIDTH, STEP, LINE = 1.72, 2.05, 0.19
HEIGHT = 4.2


def rules_by_stage() -> dict[str, list[str]]:
    """Return the rules of each file of workflow/rules/ that has any."""
    found = {}
    for file in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        rules = re.findall(r"^rule (\w+):", file.read_text(encoding="utf-8"), re.MULTILINE)
        if rules:
            found[file.stem] = rules
    return found


def edges_of_rules() -> list[tuple[str, str]]:
    """Return the pairs of rules of the demo in which the second reads what the first makes."""
    command = [sys.executable, "-m", "snakemake", "--quiet", "--rulegraph", "dot"]
    command += ["--configfile", "workflow/experiments/demo.yaml"]
    dot = subprocess.run(  # noqa: S603 - Snakemake itself
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    return [(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", dot)]


def edges_of_stages(rules: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the arrows that go forward and that a chain of others does not imply."""
    stage = {rule: name for name, each in rules.items() for rule in each} | {"all": "report"}
    pairs = {(stage[one], stage[other]) for one, other in edges_of_rules()}
    forward = {(a, b) for a, b in pairs if STAGES[a][0] < STAGES[b][0]}

    def reachable(a: str, b: str) -> bool:
        return any(s == a and (t == b or reachable(t, b)) for s, t in forward)

    return sorted(
        (a, b)
        for a, b in forward
        if not any(s == a and t != b and reachable(t, b) for s, t in forward)
    )


def draw(rules: dict[str, list[str]], edges: list[tuple[str, str]]) -> Figure:
    """Return the picture."""
    figure = Figure(figsize=(5 * STEP + WIDTH + 0.2, HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.1, 5 * STEP + WIDTH + 0.1), ylim=(0, HEIGHT))
    axes.axis("off")
    tops = {}
    for name, (column, centre, folders) in STAGES.items():
        x, height = column * STEP, LINE * (len(rules[name]) + 2.6)
        top = tops[name] = min(max(centre * HEIGHT + height / 2, height), HEIGHT - 0.05)
        box = {"facecolor": "#eef3f8", "edgecolor": "#33526e", "linewidth": 1}
        axes.add_patch(mpl.patches.Rectangle((x, top - height), WIDTH, height, **box))
        axes.text(x + 0.08, top - 0.19, name, fontsize=11, weight="bold", va="center")
        axes.text(x + 0.08, top - 0.38, folders, fontsize=8, style="italic", va="center")
        for number, rule in enumerate(rules[name]):
            place = top - LINE * (number + 3)
            axes.text(x + 0.08, place, rule, fontsize=8, family="monospace", va="center")
    for one, other in edges:
        axes.annotate(
            "",
            (STAGES[other][0] * STEP, tops[other] - 0.28),
            (STAGES[one][0] * STEP + WIDTH, tops[one] - 0.28),
            arrowprops={"arrowstyle": "-|>", "color": "#8a3b12", "linewidth": 1.4},
        )
    return figure


def main() -> None:
    """Write the picture next to this script."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "flow"})
    rules = rules_by_stage()
    if set(rules) != set(STAGES):
        sys.exit(
            f"Error: {__file__} places {sorted(STAGES)}, but the rules are in {sorted(rules)}."
        )
    figure = draw(rules, edges_of_stages(rules))
    figure.savefig(ROOT / "docs" / "flow.svg", metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
