"""What is planted in a random scene: which plots and look-alike patches, how large, in which stage."""

import numpy as np

from render.plots import PlotPlan

SETTINGS = ("terrace", "terrace_edge", "vegetable_plot", "forest_clearing", "behind_house", "courtyard", "stream_bank")


def classic_plans(rng, area_m2):
    """Plots and look-alikes of a classic scene: dense in targets, a quarter of scenes without."""
    plans = []
    many = max(1, int(area_m2 / 150))
    if rng.random() < 0.75:
        for _ in range(rng.integers(1, many + 1)):
            setting = SETTINGS[rng.choice(7, p=[0.3, 0.15, 0.15, 0.15, 0.1, 0.05, 0.1])]
            area = float(np.exp(rng.uniform(np.log(1.0), np.log(40.0))))
            if setting == "courtyard":
                area = min(area, 4.0)
            if rng.random() < 0.36:
                plans.append(PlotPlan("cannabis", max(area, 2.0), setting, "vegetative"))
                continue
            stage = ("flower", "bud", "rosette")[rng.choice(3, p=[0.84, 0.1, 0.06])]
            petal = ("white", "pink", "red", "purple", "mixed")[rng.choice(5, p=[0.22, 0.16, 0.2, 0.18, 0.24])]
            plans.append(PlotPlan("opium_poppy", area, setting, stage, petal, rng.uniform(0.35, 0.95)))
    for _ in range(rng.integers(0, many + 1)):
        crop = ("corn_poppy", "garden_flowers", "plastic_sheet")[rng.choice(3, p=[0.5, 0.3, 0.2])]
        area = rng.uniform(0.3, 4.0) if crop == "plastic_sheet" else rng.uniform(1.5, 14.0)
        setting = ("roadside", "terrace_edge", "terrace", "stream_bank")[rng.choice(4, p=[0.4, 0.2, 0.3, 0.1])]
        plans.append(PlotPlan(crop, area, setting, "flower"))
    return plans


STAGES = {  # Chance of each stage of an opium poppy plot by season.
    "spring": {"rosette": 0.2, "bud": 0.2, "flower": 0.5, "capsule": 0.1},
    "summer": {"rosette": 0.04, "bud": 0.12, "flower": 0.5, "capsule": 0.34},
    "autumn": {"rosette": 0.25, "bud": 0.05, "flower": 0.3, "capsule": 0.4},
}
PETALS = {"white": 0.22, "pink": 0.18, "red": 0.2, "purple": 0.18, "mixed": 0.22}
WHERE = {  # Chance of each setting of a plot.
    "terrace": 0.24, "terrace_edge": 0.16, "vegetable_plot": 0.16, "forest_clearing": 0.2,
    "behind_house": 0.08, "courtyard": 0.06, "stream_bank": 0.1,
}
LARGE = ("tomato", "mugwort", "kenaf", "castor", "lettuce", "garlic", "tulips")  # Grown in beds.


def _draw(rng, chances):
    names = list(chances)
    weights = np.array([chances[name] for name in names], float)
    return names[rng.choice(len(names), p=weights / weights.sum())]


def _size(rng, crop):
    """Plants and area in m2 of a plot: a third with 8 plants or fewer, a third of a bed, a third larger."""
    group = rng.random()
    each = 1.0 if crop == "cannabis" else 0.06  # m2 a plant, a little more than they need.
    if group < 0.37:
        plants = int(rng.integers(1, 9))
        return plants, max(plants * each, 0.12)
    if group < 0.68:
        plants = int(np.exp(rng.uniform(np.log(9), np.log(60 if crop == "opium_poppy" else 20))))
        return plants, plants * each
    return None, float(np.exp(rng.uniform(np.log(4.0), np.log(60.0))))


def plot_plan(rng, season):
    """One target plot."""
    crop = "cannabis" if rng.random() < {"spring": 0.15, "summer": 0.4, "autumn": 0.5}[season] else "opium_poppy"
    plants, area = _size(rng, crop)
    setting = _draw(rng, WHERE)
    if setting == "courtyard":
        area = min(area, 5.0)
    if crop == "cannabis":
        return PlotPlan(crop, area, setting, "vegetative", plants=plants)
    stage = _draw(rng, STAGES[season])
    return PlotPlan(crop, area, setting, stage, _draw(rng, PETALS), rng.uniform(0.3, 0.95), plants)


def lookalike_plan(rng, style):
    """One look-alike patch."""
    kind = _draw(rng, dict(style.lookalikes))
    if kind == "plastic_sheet":
        area = rng.uniform(0.2, 6.0)
    elif kind in LARGE:
        area = float(np.exp(rng.uniform(np.log(2.0), np.log(80.0))))
    else:
        area = float(np.exp(rng.uniform(np.log(0.2), np.log(25.0))))
    setting = _draw(rng, {"roadside": 0.25, "terrace_edge": 0.2, "terrace": 0.35, "stream_bank": 0.05, "behind_house": 0.15})
    return PlotPlan(kind, area, setting, "flower")


def random_plans(rng, area_m2, style, season, plots_per_ha, empty_share):
    """Plots and look-alikes of a scene; a share of the scenes has no plot at all."""
    plans = []
    if rng.random() >= empty_share:
        count = max(1, rng.poisson(plots_per_ha * area_m2 / 1e4))
        plans += [plot_plan(rng, season) for _ in range(count)]
    plans += [lookalike_plan(rng, style) for _ in range(rng.poisson(style.patches_per_ha * area_m2 / 1e4))]
    return plans
