"""Styles of the renderer: what a family of scenes has in common, apart from its seeds.

`CLASSIC` drew the bundled sample. `TRAINING` draws what models learn from. `HELD_OUT` draws what they
are measured on: other earths, greens and textures, another camera, another mix of look-alikes, of
which `cosmos` and `castor` occur in no training scene.
"""

from dataclasses import dataclass

from render.fields import srgb


@dataclass(frozen=True)
class Style:
    """One family of scenes."""

    name: str
    full: bool = True  # False: only what the bundled sample was drawn with.
    texture: str = "fractal"  # Or "ridged": thin creases and clods instead of soft blots.
    camera: str = "plain"  # Or "mosaic": colour at half the resolution, harder sharpening, motion.
    earths: tuple = ()
    greens: tuple = ()  # Rough grass and weeds.
    lookalikes: tuple = ()  # (kind, weight) of patches, see plots.plant_lookalike.
    patches_per_ha: float = 0.0  # Look-alike patches.


CLASSIC = Style(
    "classic",
    full=False,
    earths=(srgb(146, 120, 96), srgb(152, 114, 88), srgb(136, 122, 104)),
    greens=(srgb(108, 126, 60),),
)

TRAINING = Style(
    "training",
    earths=(srgb(146, 120, 96), srgb(152, 114, 88), srgb(136, 122, 104), srgb(160, 140, 112), srgb(120, 98, 80), srgb(170, 106, 76)),
    greens=(srgb(108, 126, 60), srgb(96, 124, 56), srgb(124, 136, 74)),
    lookalikes=(
        ("corn_poppy", 0.2), ("garden_flowers", 0.14), ("iceland_poppy", 0.07), ("peony", 0.08), ("tulips", 0.08), ("hollyhock", 0.05),
        ("plastic_sheet", 0.12), ("lettuce", 0.08), ("garlic", 0.05), ("tomato", 0.05), ("mugwort", 0.05), ("kenaf", 0.03),
    ),
    patches_per_ha=40.0,
)

HELD_OUT = Style(
    "held-out",
    texture="ridged",
    camera="mosaic",
    earths=(srgb(138, 116, 98), srgb(164, 122, 84), srgb(126, 112, 100), srgb(178, 152, 118), srgb(112, 92, 78)),
    greens=(srgb(100, 122, 62), srgb(116, 134, 70), srgb(88, 116, 58)),
    lookalikes=(
        ("corn_poppy", 0.24), ("cosmos", 0.12), ("garden_flowers", 0.06), ("peony", 0.06), ("tulips", 0.12), ("hollyhock", 0.06),
        ("plastic_sheet", 0.1), ("lettuce", 0.08), ("castor", 0.06), ("tomato", 0.04), ("mugwort", 0.03), ("kenaf", 0.03),
    ),
    patches_per_ha=12.0,
)

STYLES = {style.name: style for style in (CLASSIC, TRAINING, HELD_OUT)}
