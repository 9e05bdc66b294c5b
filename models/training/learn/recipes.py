"""Recipes: all that tells one model's training from another's. A unit's own recipe is made on the command line."""

import json
from dataclasses import asdict, dataclass, field, replace

import torch

KINDS = ("segmentation", "tile")
SEGMENTER = {"widths": (8, 16, 48, 96), "convolutions": (1, 2, 2, 4), "merge": (48, 16), "decoder": (32, 16), "head": "shuffle"}
WIDE_SEGMENTER = {"widths": (8, 16, 40, 64, 96), "convolutions": (1, 2, 2, 2, 3), "merge": (64, 40, 24), "decoder": (64, 32, 24), "head": "shuffle"}
CLASSIFIER = {"layers": ((16, 2), (64, 2), (64, 1), (64, 1), (96, 2), (96, 1), (128, 2))}
SCREENER = {"widths": (12, 24, 32), "convolutions": (1, 2, 3), "merge": (24,), "decoder": (24,), "head": "bilinear"}


def _frozen(value):
    """Lists as tuples, inside too."""
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Recipe:
    """What a model answers, how its network is built and how it is taught. Class 0 is the background."""

    name: str
    kind: str  # One of KINDS.
    classes: tuple
    gsd_m: float  # Metres per pixel of the training images.
    net: dict  # Settings of the network in `nets.py`.
    class_weights: tuple = ()  # Cross entropy, one a class; empty: 1 for the background, 2 for the others.
    small: float = 1.0  # Up to how many times as much a pixel of a small plot counts as one of a large plot.
    dice: float = 0.5  # Weight of the Dice loss of the classes that are not background.
    sampling: tuple = ()  # Share of crops drawn near each class; empty: half background, half the others.
    scale: float = 0.0  # Crops are drawn at up to exp(+-scale) of their size.
    light: float = 1.0  # Strength of the changes of light and colour.
    ema: float = 0.0  # Share of the old value in the running mean of weights that is kept in the end; 0: none.
    tile_px: int = 512  # What `tianmu` should cut; for the kind `tile` also what is learnt.
    positive_share: float = 0.04  # Kind `tile`: a tile is of a class when at least this share of it is.
    batch: int = 8
    rendered: bool = field(default=False, compare=False)  # Trained on rendered scenes when nothing else is asked for.

    def __post_init__(self):
        others = len(self.classes) - 1
        if not self.class_weights:
            object.__setattr__(self, "class_weights", (1.0,) + (2.0,) * others)
        if not self.sampling:
            object.__setattr__(self, "sampling", (0.5,) + (0.5 / others,) * others)

    def with_net(self, net):
        """The same recipe with other settings of the network."""
        return replace(self, net=net)

    def facts(self):
        """The recipe as plain values for JSON."""
        return asdict(self) | {"rendered": False}

    @classmethod
    def from_facts(cls, facts):
        """The recipe that `facts` gave, read back from JSON."""
        facts = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
        return cls(**facts | {"net": {k: _frozen(v) for k, v in facts["net"].items()}})

    def packed(self):
        """The recipe as a tensor of JSON bytes: what a weights file may hold besides weights."""
        return torch.tensor(list(json.dumps(self.facts()).encode()), dtype=torch.uint8)

    @classmethod
    def unpacked(cls, packed):
        """The recipe that `packed` gave."""
        return cls.from_facts(json.loads(bytes(packed.tolist()).decode()))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("poppy-seg", "segmentation", ("background", "opium_poppy", "cannabis"), 0.025, SEGMENTER, small=4.0, sampling=(0.45, 0.35, 0.2), ema=0.995, rendered=True),
        Recipe(
            "poppy-tile", "tile", ("background", "opium_poppy", "cannabis"), 0.025, CLASSIFIER, sampling=(0.5, 0.3, 0.2), ema=0.995, tile_px=128, positive_share=0.005,
            batch=48, rendered=True
        ),
        Recipe("ground-screen", "segmentation", ("may_hold_a_plot", "canopy", "water", "rock"), 0.3, SCREENER, sampling=(0.4, 0.3, 0.15, 0.15), ema=0.99, tile_px=256),
        Recipe(
            "potato-weed", "segmentation", ("soil", "potato", "weed"), 0.005, WIDE_SEGMENTER,
            class_weights=(1.0, 1.5, 3.0), sampling=(0.3, 0.25, 0.45), scale=0.25, light=1.3, ema=0.995, tile_px=640,
        ),
    )
}  # fmt: skip


def own_recipe(name, kind, classes, gsd_m, net=None):
    """A recipe for a unit's own classes, background first."""
    base = RECIPES["poppy-tile" if kind == "tile" else "potato-weed"]
    return replace(base, name=name, classes=tuple(classes), gsd_m=gsd_m, net=net or base.net, class_weights=(), sampling=(), rendered=False)
