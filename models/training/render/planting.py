"""Rendered plots on real ground: a photo, plus the difference that the plants and their shadows make.

The photo is taken for the ground's own colour; the ground is rendered bare and planted, and what
differs is added to the photo. Where nothing was planted, the photo stays as it is.
"""

import copy

import numpy as np

from render import lighting
from render import plots as plotting
from render.canvas import IGNORE, Canvas
from render.fields import fractal_noise, gaussian_blur
from render.plans import random_plans
from render.terrain import COVER, SEASONS, Terrain


def _flat(rng, shape):
    """Level open ground in one parcel."""
    return Terrain(
        ground=np.zeros(shape, np.float32), cover=np.full(shape, COVER["fallow"], np.uint8), parcel=np.zeros(shape, np.int32),
        edge=np.full(shape, 0.5, np.float32), row_angle=np.array([rng.uniform(0, np.pi)]), downhill=rng.uniform(0, 2 * np.pi),
    )


def _albedo(photo, light):
    """Colour of the ground from its picture: linear, and without the light that fell on it."""
    facing = 0.35 + 0.75 * np.sin(light.elevation)
    return (photo.astype(np.float32) / 255) ** 2.2 / ((facing * light.sun + light.sky) * light.exposure)


def _dig(rng, canvas, plot, style):
    """Turns a plot into soil that fades into the ground around it."""
    soft = gaussian_blur(plot.mask.astype(np.float32), 0.15 / canvas.gsd_m)[..., None] if min(plot.mask.shape) > 8 else plot.mask[..., None]
    clods = 1 + 0.2 * fractal_noise(rng, plot.mask.shape, 0.2 / canvas.gsd_m, 3, 0.8)
    soil = style.earths[rng.integers(len(style.earths))] * rng.uniform(0.5, 0.9) * clods[..., None]
    ground = canvas.rgb[plot.window]
    canvas.rgb[plot.window] = ground * (1 - soft) + soil * soft


def plant_on(photo, valid, gsd_m, seed, style, plots_per_ha=120.0, empty_share=0.4):
    """Plants random plots and look-alikes on a photo `[row, col, rgb]` uint8, inside what is `valid` `[row, col]` of it; gives image, label and the plots."""
    rng = np.random.default_rng(seed)
    shape = photo.shape[:2]
    light = lighting.draw_wide_light(rng, style.camera)
    light.noise, light.haze, light.vignette, light.contrast, light.sharpen = 0.0, 0.0, 0.0, 0.0, 0.0
    light.saturation, light.chroma_px, light.motion_px = 1.0, min(light.chroma_px, 1.0), 0.0
    bare = Canvas(shape, gsd_m)
    bare.rgb = _albedo(photo, light)
    canvas = copy.deepcopy(bare)
    terrain = _flat(rng, shape)
    season = list(SEASONS)[rng.integers(len(SEASONS))]
    plans = random_plans(rng, int(valid.sum()) * gsd_m**2, style, season, plots_per_ha, empty_share)
    for plan in plans:
        plan.setting = "open_land"
    placed = plotting.place_plots(rng, plans, terrain, [], ~valid, gsd_m, elsewhere=True)
    for plot in placed:
        if plot.plan.crop != "plastic_sheet" and rng.random() < 0.5:
            _dig(rng, canvas, plot, style)
    for plot in placed:
        if plot.is_target:
            plotting.plant_plot(rng, canvas, terrain, plot, full=True)
        else:
            plotting.plant_lookalike(rng, canvas, terrain, plot)
    pictures = []
    for ground in (bare, canvas):
        radiance = lighting.shade(ground.rgb, ground.height, gsd_m, light)
        pictures.append(lighting.expose(np.random.default_rng(seed), radiance, gsd_m, light).astype(np.int16))
    image = np.clip(photo + (pictures[1] - pictures[0]), 0, 255).astype(np.uint8)
    canvas.label[~valid] = IGNORE
    for plot in placed:
        plot.mask = plot.mask & valid[plot.window]  # Leaves reach beyond what was planned.
    targets = [p for p in placed if p.is_target]
    return image, canvas.label, targets, [p for p in placed if not p.is_target]
