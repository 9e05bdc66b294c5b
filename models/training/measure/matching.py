"""From scores to sites, and sites against what stands on the ground.

A plot is hit when a site of its crop overlaps it with an IoU of at least 0.1, or has its centre on it or
within `POSITION_ERROR_M` of it; several sites may hit one plot. A site is false when nothing of either crop lies
within that distance of it. Sites of one class: pixels that touch by an edge, or whole tiles that touch by an
edge or corner, as the program joins them. An outline may reach down to a lower score than the one that a site must
have somewhere (hysteresis thresholding).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from measure.survey_files import LOOKALIKES_FROM

POSITION_ERROR_M = 0.5
LEAST_M2 = 0.05  # Smaller sites are not counted at all.
FOUR, EIGHT = ndimage.generate_binary_structure(2, 1), np.ones((3, 3), bool)


@dataclass
class Site:
    """One site: its class, the threshold that made it, its area and how much of that reaches the threshold, the IoU with each plot that it hits; `on` is what it lies on if it is false, `patch` which look-alike."""

    crop: str
    threshold: float
    area_m2: float
    sure_m2: float
    peak: float
    hits: dict
    on: str | None
    patch: int | None
    row: int
    col: int


def find_sites(score, objects, ground, crops, gsd_m, thresholds, outlines=None, joined=FOUR, rivals=True):
    """All sites of a scene at every threshold; with `rivals` a pixel counts for its best crop only.

    `outlines` gives by crop the score that outlines reach down to, where that is below the threshold.

    `score` `[class, row, col]` with class 0 the background; `objects` `[row, col]` numbers of plots and look-alikes;
    `ground(row, col)` names what lies at a pixel; `crops` maps a class name to (its channel, the set of its plots).
    """
    best = score[1:].argmax(0) + 1
    reach = round(POSITION_ERROR_M / gsd_m)
    plots = np.where(objects < LOOKALIKES_FROM, objects, 0)
    sizes = np.bincount(plots.ravel())
    least_px = LEAST_M2 / gsd_m**2
    for crop, (channel, numbers) in crops.items():
        own = np.where(best == channel, score[channel], 0.0) if rivals else score[channel]
        levels = {threshold: min(threshold, (outlines or {}).get(crop, 1.0)) for threshold in thresholds}
        # What a higher score leaves lies within what the lowest one joins, so it is looked for there only.
        widest, _ = ndimage.label(own >= min(levels.values()), joined)
        large = np.bincount(widest.ravel()) >= least_px
        for number, window in enumerate(ndimage.find_objects(widest), 1):
            if not large[number]:
                continue
            part = np.where(widest[window] == number, own[window], 0.0)
            for level in sorted(set(levels.values())):
                labels, count = ndimage.label(part >= level, joined)
                made = [threshold for threshold, least in levels.items() if least == level]
                for inner in np.flatnonzero(np.bincount(labels.ravel(), minlength=count + 1)[1:] >= least_px) + 1:
                    inside = labels == inner
                    sure_px = {t: np.count_nonzero(part[inside] >= t) for t in made}
                    if max(sure_px.values()) >= least_px:
                        site = _site(crop, level, inside, window, own, plots, sizes, objects, numbers, ground, gsd_m, reach)
                        yield from (replace(site, threshold=t, sure_m2=px * gsd_m**2) for t, px in sure_px.items() if px >= least_px)


def _site(crop, threshold, inside, window, own, plots, sizes, objects, numbers, ground, gsd_m, reach):
    rows, cols = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    inner = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
    inside = inside[inner]
    window = tuple(slice(w.start + s.start, w.start + s.stop) for w, s in zip(window, inner))
    pixels = int(inside.sum())
    wide = tuple(slice(max(0, s.start - reach), s.stop + reach) for s in window)
    near = plots[wide]
    overlap = np.bincount(plots[window][inside], minlength=1)
    rows, cols = np.nonzero(inside)
    row, col = (int(n.mean() + w.start) for n, w in zip((rows, cols), window))
    hits = {}
    for plot in np.unique(near):
        if plot not in numbers:
            continue
        shared = overlap[plot] if plot < len(overlap) else 0
        iou = shared / (pixels + sizes[plot] - shared)
        if iou >= 0.1 or _near(plots, row, col, plot, reach):
            hits[int(plot)] = float(iou)
    on = patch = None
    if not near.any() or not _reaches(near, inside, window, wide, reach):
        patch = _patch(objects, window, inside, row, col, reach)
        on = ground(row, col) if patch is None else ""
    peak = float(own[window][inside].max())
    return Site(crop, threshold, pixels * gsd_m**2, 0.0, peak, hits, on, patch, row, col)


def _reaches(near, inside, window, wide, reach):
    """Whether any plot's pixel of `near` lies within `reach` of a pixel of the site."""
    site = np.zeros(near.shape, bool)
    site[tuple(slice(w.start - o.start, w.stop - o.start) for w, o in zip(window, wide))] = inside
    return bool((ndimage.distance_transform_edt(~site)[near > 0] <= reach).any())


def _near(plots, row, col, plot, reach):
    """Whether a plot's pixel lies within `reach` of a place."""
    top, left = max(0, row - reach), max(0, col - reach)
    rows, cols = np.nonzero(plots[top : row + reach + 1, left : col + reach + 1] == plot)
    return len(rows) > 0 and bool((np.hypot(rows + top - row, cols + left - col) <= reach).any())


def _patch(objects, window, inside, row, col, reach):
    """Number of the look-alike that a false site touches or is near to, if any."""
    touched = objects[window][inside]
    touched = touched[touched >= LOOKALIKES_FROM]
    if len(touched) == 0:
        touched = objects[max(0, row - reach) : row + reach + 1, max(0, col - reach) : col + reach + 1].ravel()
        touched = touched[touched >= LOOKALIKES_FROM]
    return int(np.bincount(touched).argmax()) if len(touched) else None
