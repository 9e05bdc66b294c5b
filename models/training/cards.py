"""Writes the tables of a model card from its metrics.json, between the card's markers.

`python3 models/training/cards.py models/poppy-seg` replaces what stands between `<!-- figures: NAME -->` and
`<!-- end of figures -->` in the card; NAME is one of TABLES. No figure of a card is typed by hand.
"""

import argparse
import json
import re
from pathlib import Path

CROPS = {"opium_poppy": "opium poppy", "cannabis": "cannabis"}
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->\n)", re.DOTALL)
BASELINE = Path(__file__).resolve().parent / "colour-metrics.json"


def table(head, rows):
    """A Markdown table."""
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def share(entry):
    """`0.95 (190 of 200; 0.91-0.97)`."""
    if not entry.get("of"):
        return "none there"
    return f"{entry['recall']:.2f} ({entry['found']} of {entry['of']}; {entry['low']:.2f}-{entry['high']:.2f})"


def per_km2(entry):
    """`3.4 (2 on 0.58 km2; below 10.8)`."""
    return f"{entry['per_km2']:.1f} ({entry['false']} on {entry['km2']:.3g} km2; below {entry['upper_95']:.1f})"


def outlines(figures):
    """`0.61 (0.44-0.72)`: the median IoU of plots found, and the quartiles."""
    found = figures["outline_iou"]
    return f"{found['median']:.2f} ({found['lower']:.2f}-{found['upper']:.2f})" if found["plots"] else "none found"


def summary(metrics):
    """What was measured, and the figures up to 3 cm."""
    rows = []
    for name, title in (("held-out", "rendered, held out"), ("planted", "rendered plots on held-out photos")):
        if name not in metrics or not metrics[name]["opium_poppy"]["up_to_3_cm"]:
            continue
        for crop, word in CROPS.items():
            figures = metrics[name][crop]["up_to_3_cm"]
            rows.append([title, word, share(figures), per_km2(figures), outlines(figures)])
    held = metrics["held-out"]
    lead = (
        f"{held['km2']:.2f} km2 of held-out ground at 1-10 cm with {held['plots']} plots ({held['plots_of_8_plants_or_fewer']} of 8 plants or fewer; "
        f"{held['hidden_plots']} more are hidden under crowns and not counted) and {held['lookalikes']} patches of look-alikes. "
        "Figures up to 3 cm; in brackets the counts and 95 % bounds (Wilson; Poisson, upper), for outlines the median and quartiles over the plots found.\n\n"
    )
    return lead + table(["ground", "crop", "recall of plots", "false sites per km2", "IoU of outlines"], rows)


def baseline(metrics):
    """Recall at equal false sites, beside the colour threshold."""
    other = json.loads(BASELINE.read_text(encoding="utf-8"))["held-out"]
    rows = []
    for crop, word in CROPS.items():
        ours, theirs = metrics["held-out"][crop]["up_to_3_cm"]["froc"], other[crop]["up_to_3_cm"]["froc"]
        rows += [[word, rate, f"{ours[rate]['recall']:.2f}", f"{theirs[rate]['recall']:.2f}"] for rate in ours]
    return table(["crop", "false sites of it per km2, at most", "recall", "recall of the colour threshold"], rows) + "\nFor each line the threshold and the smallest site are those that do best on this very ground.\n"


def groups(key, word):
    """A table of recall by one grouping."""

    def write(metrics):
        entries = {crop: metrics["held-out"][crop]["up_to_3_cm"][key] for crop in CROPS}
        names = sorted({name for figures in entries.values() for name in figures})
        rows = [[name.replace("_", " "), *(share(entries[crop].get(name, {})) for crop in CROPS)] for name in names]
        return table([word, *CROPS.values()], rows)

    return write


def by_gsd(metrics):
    """Recall and false sites by ground sample distance."""
    rows = []
    for gsd in metrics["held-out"]["opium_poppy"]["by_gsd_cm"]:
        figures = [metrics["held-out"][crop]["by_gsd_cm"][gsd] for crop in CROPS]
        rows.append([f"{gsd} cm", *(cell for f in figures for cell in (share(f), per_km2(f)))])
    return table(["GSD", *(f"{word}: {what}" for word in CROPS.values() for what in ("recall", "false per km2"))], rows)


def lookalikes(metrics):
    """Patches of look-alikes that carried a false site, and what else false sites lay on; all ground sample distances."""
    held = metrics["held-out"]
    kinds = held["opium_poppy"]["lookalikes"]
    rows = [[kind.replace("_", " "), kinds[kind]["patches"], *(held[crop]["lookalikes"][kind]["flagged"] for crop in CROPS)] for kind in kinds]
    others = sorted({kind for crop in CROPS for kind in held[crop]["false_on"]} - set(kinds))
    rows += [[kind, "", *(held[crop]["false_on"].get(kind, 0) for crop in CROPS)] for kind in others]
    return table(["false sites lie on", "patches", *CROPS.values()], rows)


def real(metrics):
    """False sites on real pictures without any target crop."""
    rows = [
        [name, "held out" if row["use"] == "held-out" else "seen in training", f"{row['gsd_cm']:g} cm", f"{row['km2'] * 100:.2f} ha", row["opium_poppy"], row["cannabis"]]
        for name, row in sorted(metrics["real"].items(), key=lambda item: item[1]["use"])
    ]
    others = [row for row in metrics["real"].values() if row["use"] == "held-out"]
    everywhere = "; ".join(f"{word} {sum(row[crop] for row in others)}" for crop, word in CROPS.items())
    total = metrics["real_held_out"]
    tail = "; ".join(f"{word} {per_km2(total[crop])}" for crop, word in CROPS.items())
    return table(["picture", "use", "GSD", "ground", "false: opium poppy", "false: cannabis"], rows) + f"\nHeld-out pictures of 12 cm and finer whose GSD is known, together, false sites per km2: {tail}. All held-out pictures, {sum(row['km2'] for row in others):.3f} km2 if their GSD is right, false sites: {everywhere}.\n"


TABLES = {
    "summary": summary, "baseline": baseline, "stage": groups("by_stage", "stage"), "size": groups("by_size", "size"),
    "stage_and_size": groups("by_stage_and_size", "stage, size"), "setting": groups("by_setting", "where"),
    "gsd": by_gsd, "lookalikes": lookalikes, "real": real,
}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+")
    args = parser.parse_args()
    for folder in args.models:
        card = folder / "README.md"
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        text = card.read_text(encoding="utf-8")
        fresh = BLOCK.sub(lambda m: f"{m[1]}{TABLES[m[2]](metrics)}{m[3]}", text)
        card.write_text(fresh, encoding="utf-8")
        print(f"{card}: {len(BLOCK.findall(text))} tables")


if __name__ == "__main__":
    main()
