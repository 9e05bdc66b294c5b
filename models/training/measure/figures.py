"""Figures of a measurement: recall by group, false sites per km2 with their 95 % bounds, FROC, thresholds.

Recall has a Wilson interval; false sites per km2 the exact upper bound of a Poisson rate (none in A km2: 3.0 / A).
Plots of which less than a third shows between crowns are counted apart and in no recall.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import stats

CROPS = ("opium_poppy", "cannabis")
AREAS = (0.05, 0.1, 0.2, 0.3, 0.6, 1.0)
RATES = (1, 5, 20, 100, 1000)
COARSEST_M = 0.12  # On real pictures coarser than this no plant shows: they are listed, but in no rate.
CLOSE = 0.05  # A recall lower by this is worth better outlines: areas are reported too.
FINE_M = 0.0301  # The aim is set for ground sample distances up to 3 cm.


@dataclass
class Found:
    """What was found on one piece of ground."""

    place: dict
    origin: tuple
    seed: int | None
    plots: list
    patches: list
    sites: list
    km2: float
    cpu_seconds: float
    pixels: int


def wilson(found, of):
    """Share, and its 95 % Wilson interval."""
    if of == 0:
        return {"found": 0, "of": 0}
    low, high = stats.binomtest(found, of).proportion_ci(method="wilson")
    return {"found": found, "of": of, "recall": round(found / of, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def rate(count, km2):
    """Count per km2 and the 95 % upper bound of the rate."""
    bound = stats.chi2.ppf(0.95, 2 * (count + 1)) / 2
    return {"false": count, "km2": round(km2, 4), "per_km2": round(count / km2, 2), "upper_95": round(float(bound / km2), 2)}


def size_group(plot):
    """Reporting group of a plot's size."""
    return "1-8 plants" if plot["plants"] <= 8 else "9-60 plants" if plot["plants"] <= 60 else "over 60 plants"


def countable(plot):
    """Whether at least a third of a plot shows."""
    return plot["visible_m2"] >= plot["area_m2"] / 3 and plot["visible_m2"] > 0


def hits(found, crop, threshold, min_area_m2):
    """Every countable plot of a crop with whether it is hit: (piece, plot, bool). A plot that pieces share counts where it is hit."""
    seen = {}
    for piece in found:
        hit = {n for s in piece.sites if s.crop == crop and s.threshold == threshold and s.sure_m2 >= min_area_m2 for n in s.hits}
        for plot in piece.plots:
            if plot["kind"] == crop and countable(plot):
                key = (piece.place["raster"], piece.seed, plot["number"])
                was = seen.get(key, (None, None, False))[2]
                seen[key] = (piece, plot, was or plot["number"] in hit)
    return list(seen.values())


def outline_ious(found, crop, threshold, min_area_m2):
    """Of every countable plot that is hit the IoU with the site that fits it best; a plot that pieces share counts in each."""
    ious = []
    for piece in found:
        best = {}
        for site in piece.sites:
            if site.crop == crop and site.threshold == threshold and site.sure_m2 >= min_area_m2:
                for number, iou in site.hits.items():
                    best[number] = max(iou, best.get(number, 0.0))
        ious += [best[p["number"]] for p in piece.plots if p["kind"] == crop and countable(p) and p["number"] in best]
    return ious


def false_sites(found, crop, threshold, min_area_m2):
    """Every false site of a crop: (piece, site)."""
    return [(p, s) for p in found for s in p.sites if s.crop == crop and s.threshold == threshold and s.sure_m2 >= min_area_m2 and s.on is not None]


def curve(found, crop, thresholds, areas=AREAS):
    """(false per km2, recall, threshold, area) of every setting."""
    km2 = sum(p.km2 for p in found)
    for threshold in thresholds:
        for area in areas:
            hit = hits(found, crop, threshold, area)
            share = sum(h for _, _, h in hit) / max(len(hit), 1)
            yield len(false_sites(found, crop, threshold, area)) / km2, share, threshold, area


def froc(found, crop, thresholds, areas=AREAS):
    """Best recall at 1 to 1000 false sites per km2, over thresholds and smallest areas."""
    points = list(curve(found, crop, thresholds, areas))
    result = {}
    for limit in RATES:
        fit = [p for p in points if p[0] <= limit]
        best = max(fit, key=lambda p: (p[1], -p[0])) if fit else None
        result[str(limit)] = {"recall": round(best[1], 4), "threshold": best[2], "min_area_m2": best[3]} if best else {"recall": 0.0}
    return result


def choose(measured, max_false_per_km2, thresholds):
    """Thresholds of both crops, how far down their outlines reach, and smallest areas.

    `measured` holds what was found by outline threshold (None: outlines end at the threshold). Of the settings with at
    most so many false sites per km2, and a recall within `CLOSE` of the best of them, the one whose recall times mean
    IoU with the plots found is best.
    """
    picked = {}
    for crop in CROPS:
        points = [(*p, outline) for outline, found in measured.items() for p in curve(found, crop, thresholds) if p[0] <= max_false_per_km2]
        if not points:
            raise SystemExit(f"error: no threshold tried gives so few false sites of {crop}\nhint: raise --max-false")

        def merit(point):
            false, recall, threshold, area, outline = point
            ious = outline_ious(measured[outline], crop, threshold, area)
            return round(recall * float(np.mean(ious)) if ious else 0.0, 3), -false, threshold

        best = max(p[1] for p in points)
        picked[crop] = max((p for p in points if p[1] >= best - CLOSE), key=merit)
    outlines = {crop: p[4] for crop, p in picked.items() if p[4] is not None and p[4] < p[2]}
    found = next(iter(measured.values()))
    return {
        "threshold": {crop: p[2] for crop, p in picked.items()}, **({"outline_threshold": outlines} if outlines else {}),
        "min_area_m2": {crop: p[3] for crop, p in picked.items()}, "max_false_per_km2": max_false_per_km2,
        "validation_km2": round(sum(p.km2 for p in found), 4), "validation_recall": {crop: round(p[1], 4) for crop, p in picked.items()},
    }


def smallest(chosen, crop):
    """The smallest site of a crop in m2; what was chosen holds one for all or one a crop."""
    areas = chosen["min_area_m2"]
    return areas.get(crop, 0.0) if isinstance(areas, dict) else areas


def _by(hit, name):
    groups = defaultdict(list)
    for piece, plot, is_hit in hit:
        groups[str(name(piece, plot))].append(is_hit)
    return {k: wilson(sum(v), len(v)) for k, v in sorted(groups.items())}


def of_outlines(ious):
    """Quartiles of the IoU of plots that were found."""
    return {"plots": len(ious), **{name: round(float(np.quantile(ious, q)), 3) for name, q in (("lower", 0.25), ("median", 0.5), ("upper", 0.75)) if ious}}


def of_crop(found, crop, threshold, area, thresholds, areas=AREAS):
    """All figures of one crop on one survey."""
    hit, wrong = hits(found, crop, threshold, area), false_sites(found, crop, threshold, area)
    fine = [p for p in found if p.place["gsd_m"] <= FINE_M]
    gsds = sorted({p.place["gsd_m"] for p in found})
    patches = Counter(kind for *_, kind in {(p.place["raster"], p.seed, o["number"], o["kind"]) for p in found for o in p.patches})
    flagged = Counter(kind for *_, kind in {(p.place["raster"], p.seed, s.patch, s.on) for p, s in wrong if s.patch is not None})
    aim = hits(fine, crop, threshold, area)
    return {
        "up_to_3_cm": {
            **wilson(sum(h for *_, h in aim), len(aim)),
            **rate(len(false_sites(fine, crop, threshold, area)), sum(p.km2 for p in fine)),
            "outline_iou": of_outlines(outline_ious(fine, crop, threshold, area)),
            "froc": froc(fine, crop, thresholds, areas),
            "by_stage": _by(aim, lambda _, plot: plot["stage"]),
            "by_size": _by(aim, lambda _, plot: size_group(plot)),
            "by_stage_and_size": _by(aim, lambda _, plot: f"{plot['stage']}, {size_group(plot)}"),
            "by_setting": _by(aim, lambda _, plot: plot["setting"]),
        } if fine else None,
        "by_gsd_cm": {
            f"{g * 100:g}": {
                **wilson(*np.array([(h, 1) for p, _, h in hit if p.place["gsd_m"] == g], int).reshape(-1, 2).sum(0).tolist()),
                **rate(sum(p.place["gsd_m"] == g for p, _ in wrong), sum(p.km2 for p in found if p.place["gsd_m"] == g)),
            }
            for g in gsds
        },
        "false_on": dict(Counter(s.on for _, s in wrong).most_common()),
        "lookalikes": {kind: {"patches": n, "flagged": flagged.get(kind, 0)} for kind, n in sorted(patches.items())},
    }


def real_images(found, chosen):
    """False sites of each bare real picture."""
    rows = {}
    for piece in found:
        row = rows.setdefault(piece.place["title"], {"use": piece.place["use"], "gsd_cm": round(piece.place["gsd_m"] * 100, 3), "km2": 0.0, **dict.fromkeys(CROPS, 0)})
        row["km2"] = round(row["km2"] + piece.km2, 6)
        for crop in CROPS:
            row[crop] += len(false_sites([piece], crop, chosen["threshold"][crop], smallest(chosen, crop)))
    return rows


def worst(found, chosen, count=24):
    """Where to look: the false sites with the highest peaks, the largest missed and the smallest found plots, as raster, piece and pixel on the model's grid."""
    wrong, missed, right = [], [], []
    for crop in CROPS:
        threshold, area = chosen["threshold"][crop], smallest(chosen, crop)
        for piece, site in false_sites(found, crop, threshold, area):
            wrong.append({"raster": piece.place["raster"], "origin": piece.origin, "row": site.row, "col": site.col, "crop": crop, "on": site.on, "peak": round(site.peak, 3), "area_m2": round(site.area_m2, 2)})
        for piece, plot, hit in hits(found, crop, threshold, area):
            (right if hit else missed).append({"raster": piece.place["raster"], "seed": piece.seed, **{k: plot[k] for k in ("number", "kind", "stage", "plants", "area_m2", "window")}})
    return {
        "false": sorted(wrong, key=lambda w: -w["peak"] * w["area_m2"])[:count],
        "missed": sorted(missed, key=lambda m: -m["area_m2"])[:count], "found": sorted(right, key=lambda m: m["area_m2"])[:count],
    }


def report(found, chosen, thresholds, areas=AREAS):
    """Everything that a card needs; `areas` are the smallest sites that FROC tries."""
    parts = defaultdict(list)
    for piece in found:
        parts[piece.place["survey"]].append(piece)
    result = {}
    for name, pieces in parts.items():
        if name == "real":
            result["real"] = real_images(pieces, chosen)
            held = [p for p in pieces if p.place["use"] == "held-out" and p.place["gsd_m"] <= COARSEST_M and not p.place["gsd_from"].startswith("assumed")]
            result["real_held_out"] = {crop: rate(len(false_sites(held, crop, chosen["threshold"][crop], smallest(chosen, crop))), sum(p.km2 for p in held)) for crop in CROPS}
            continue
        plots = {(p.place["raster"], p.seed, o["number"]): o for p in pieces for o in p.plots}
        shown = [o for o in plots.values() if countable(o)]
        result[name] = {
            "km2": round(sum(p.km2 for p in pieces), 4), "plots": len(shown), "hidden_plots": len(plots) - len(shown),
            "plots_of_8_plants_or_fewer": sum(o["plants"] <= 8 for o in shown), "lookalikes": len({(p.place["raster"], p.seed, o["number"]) for p in pieces for o in p.patches}),
            "megapixels_per_cpu_second": round(sum(p.pixels for p in pieces) / 1e6 / max(sum(p.cpu_seconds for p in pieces), 1e-9), 2),
            **{crop: of_crop(pieces, crop, chosen["threshold"][crop], smallest(chosen, crop), thresholds, areas) for crop in CROPS},
        }
    return result
