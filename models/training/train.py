"""Trains a network on rendered scenes, on own labelled chips, or on both, within a time budget.

`python3 models/training/train.py poppy-seg --scenes 240 --minutes 13 --out target/poppy-seg.pt`
`python3 models/training/train.py own --chips DIR --minutes 60 --out target/own.pt`
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from learn import chips
from learn.images import ChipError, fail
from learn.losses import RunningMean, segmentation_loss, tile_loss
from learn.nets import build
from learn.onnx_weights import restore_norms
from learn.rendered import GSD_M, cached_scenes
from learn.recipes import KINDS, RECIPES, own_recipe
from learn.replicas import Replicas
from learn.sampler import CropSampler, resized
from learn.validation import probabilities, scores
from learn.weights import started
from render.canvas import IGNORE, OPIUM_POPPY, ROSETTE
from render.files import read_pair, scene_paths
from render.seeds import TRAINING_SEEDS

SCENE_CLASSES = RECIPES["poppy-seg"].classes


def learning_rate(progress, peak):
    """Short warm-up, then a cosine down to a hundredth."""
    if progress < 0.04:
        return peak * (0.1 + 0.9 * progress / 0.04)
    return peak * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * progress)))


def chip_pairs(folder, some, recipe):
    """Images and labels of chips, at the recipe's distance and with the recipe's class numbers."""
    for name in folder.classes[1:]:
        if name not in recipe.classes:
            raise ChipError(f"`{folder.folder}` has the class `{name}`, but `{recipe.name}` knows {', '.join(recipe.classes)}", "name it in --classes, or take it out of the labels")
    table = folder.numbers_in(recipe.classes)
    pairs = []
    for chip in some:
        image, label = folder.pair(chip)
        label = table[label]
        if chip.gsd_m and abs(chip.gsd_m / recipe.gsd_m - 1) > 0.1:
            factor = chip.gsd_m / recipe.gsd_m
            image, label = resized(image, label, [max(1, round(n * factor)) for n in label.shape])
        pairs.append((image, label))
    return pairs


def scene_pairs(args, recipe):
    """Rendered scenes with the recipe's class numbers; what is no class of it is background.

    Scenes of `--scene-folder` for a recipe that shares no class with the rendered ones are taken as numbered by it.
    """
    scenes = []
    if args.scenes:
        if abs(GSD_M / recipe.gsd_m - 1) > 0.15:
            raise ChipError(f"rendered scenes have {GSD_M} m per pixel, but `{recipe.name}` wants {recipe.gsd_m:g}", "mix them only with chips of 2.2 to 2.9 cm; give --gsd 0.025 to resample")
        scenes = cached_scenes(TRAINING_SEEDS[: args.scenes], args.cache, args.threads)
    for folder in args.scene_folder:
        paths = scene_paths(folder)
        if not paths:
            raise ChipError(f"no scene (.npz) in `{folder}`", "real_scenes.py and screen_scenes.py make such folders")
        scenes += [read_pair(path) for path in paths]
    if not set(SCENE_CLASSES[1:]) & set(recipe.classes):
        return scenes
    table = np.zeros(256, np.uint8)
    table[IGNORE] = IGNORE
    table[ROSETTE] = IGNORE
    for value, name in enumerate(SCENE_CLASSES):
        table[value] = recipe.classes.index(name) if name in recipe.classes and value else 0
    if args.rosettes == "learn":
        table[ROSETTE] = table[OPIUM_POPPY]
    return [(image, table[label]) for image, label in scenes]


class Batches:
    """Batches as tensors; one thread draws the next meanwhile, always in the same order."""

    def __init__(self, draw):
        self.draw, self.ahead = draw, ThreadPoolExecutor(1)
        self.ready = self.ahead.submit(draw)

    def __next__(self):
        image, truth = (torch.from_numpy(array) for array in self.ready.result())
        self.ready = self.ahead.submit(self.draw)
        return image.contiguous(memory_format=torch.channels_last), truth


def train(net, recipe, sampler, validation, args):
    """Trains until the steps or the minutes are used up; returns the best weights and facts about the run."""
    net = net.to(memory_format=torch.channels_last)  # Without it a CPU needs about 1.6 times as long.
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3)
    net.train()
    segments = recipe.kind == "segmentation"
    loss_of = partial(segmentation_loss if segments else tile_loss, recipe)
    batches = Batches(partial(sampler.segmentation_batch, args.batch, args.crop) if segments else partial(sampler.tile_batch, args.batch))
    replicas = Replicas(net, args.threads)
    mean = RunningMean(net, recipe.ema) if recipe.ema else None
    best = Best(recipe, validation, args.check_minutes)
    begin, step, recent = time.monotonic(), 0, []
    while step < args.steps:
        progress = max(step / args.steps, (time.monotonic() - begin) / (60 * args.minutes))
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, args.rate)
        image, truth = next(batches)
        optimizer.zero_grad()
        recent.append(replicas.backward(image, truth, loss_of))
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        step += 1
        if mean:
            mean.add(net)
        if step % 50 == 0:
            print(f"step {step}  loss {np.mean(recent):.4f}  {time.monotonic() - begin:.0f} s", flush=True)
            recent.clear()
        best.look(net, mean, step)
    state = best.finish(net, mean, step)
    batches.ahead.shutdown()
    return state, {"steps": step, "seconds": round(time.monotonic() - begin), "cpu_seconds": round(time.process_time()), **best.facts()}


class Best:
    """Looks at the validation chips every few minutes and keeps the weights that did best there."""

    def __init__(self, recipe, pairs, minutes):
        self.recipe, self.pairs, self.seconds = recipe, pairs, 60 * minutes
        self.last, self.history, self.state, self.top = time.monotonic(), [], None, -1.0

    def look(self, net, mean, step):
        """Measures when it is time to."""
        if self.pairs and time.monotonic() - self.last >= self.seconds:
            self.measure(net, mean, step)

    def measure(self, net, mean, step):
        """Measures the running mean of weights, or the weights where there is none."""
        state = {k: v.clone() for k, v in (mean.values if mean else net.state_dict()).items() if torch.is_tensor(v)}
        probe = build(self.recipe).to(memory_format=torch.channels_last)
        probe.load_state_dict({**probe.state_dict(), **state})
        if self.pairs:
            found = {name: round(float(value), 4) for name, value in scores(probe, self.recipe, self.pairs).items()}
            self.history.append({"step": step, **found})
            print(f"validation at step {step}: {found}", flush=True)
            value = float(np.mean(list(found.values())))
        if not self.pairs or value > self.top:
            self.top, self.state = value if self.pairs else 0.0, probe.state_dict()
        self.last = time.monotonic()

    def finish(self, net, mean, step):
        """Measures the last weights and returns the best."""
        self.measure(net, mean, step)
        return self.state

    def facts(self):
        """What was measured."""
        return {"validation": self.history} if self.history else {}


def recipe_of(args, folders):
    """The recipe that the command line asks for."""
    if args.name in RECIPES:
        recipe = RECIPES[args.name]
        if args.gsd:
            recipe = replace(recipe, gsd_m=args.gsd)
        return recipe
    classes = args.classes.split(",") if args.classes else list(dict.fromkeys(name for f in folders for name in f.classes))
    gsd_m = args.gsd or next((f.gsd_m() for f in folders if f.gsd_m()), None)
    if gsd_m is None:
        raise ChipError("nothing says the ground sample distance of the chips", "give --gsd METRES, or write `gsd_m` into chips.csv")
    return own_recipe(args.name, args.kind, classes, gsd_m)


def arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help=f"a recipe of this kit ({', '.join(RECIPES)}), or a name for a model of your own")
    parser.add_argument("--steps", type=int, default=100_000, help="upper limit of steps")
    parser.add_argument("--minutes", type=float, default=12.0, help="time budget without rendering")
    parser.add_argument("--batch", type=int, help="crops a step; default 8 (segmentation), 48 (poppy-tile)")
    parser.add_argument("--crop", type=int, default=256, help="crop size in pixels (segmentation), a multiple of 16")
    parser.add_argument("--rate", type=float, default=4e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones: a weights file, or model.onnx of a model of this kit")
    parser.add_argument("--mine", action="store_true", help="with --start: look for false alarms in the training images and train there")
    parser.add_argument("--out", type=Path, required=True, help="weights file to write")
    scenes = parser.add_argument_group("rendered scenes")
    scenes.add_argument("--scenes", type=int, help="how many; default 240 for the poppy recipes without --chips, else 0")
    scenes.add_argument("--cache", type=Path, default=Path("target/training-scenes"), help="where rendered scenes are kept")
    scenes.add_argument("--scene-folder", type=Path, action="append", default=[], help="folder of more scenes, as real_scenes.py makes them; may be given again")
    scenes.add_argument("--rosettes", choices=("ignore", "learn"), default="ignore", help="opium poppy before it shoots up: left out of the loss, or a target as later stages are")
    own = parser.add_argument_group("own chips")
    own.add_argument("--chips", type=Path, action="append", default=[], help="folder of labelled chips; may be given again")
    own.add_argument("--kind", choices=KINDS, default="segmentation", help="of an own model: outlines, or whole tiles")
    own.add_argument("--classes", help="of an own model, background first, with commas; default: those of the chips")
    own.add_argument("--validation-groups", help="groups to keep from training, with commas; default: a fifth of the chips, drawn by --seed")
    own.add_argument("--own-share", type=float, default=0.5, help="share of crops drawn from own chips when rendered scenes are mixed in")
    own.add_argument("--check-minutes", type=float, default=3.0, help="how often to measure on the validation chips")
    chips.add_arguments(own)
    args = parser.parse_args()
    if args.mine and not args.start:
        parser.error("--mine needs --start")
    if args.name not in RECIPES and not args.chips:
        parser.error(f"`{args.name}` is no recipe of this kit ({', '.join(RECIPES)}); for a model of your own give --chips")
    return args


def run(args):
    """Prepares the data, trains, writes weights and facts."""
    folders = [chips.read_chips(f, args.layout, args.gsd if args.name not in RECIPES else None, args.group_by) for f in args.chips]
    recipe = recipe_of(args, folders)
    if args.mine and recipe.kind != "segmentation":
        raise ChipError(f"--mine needs a segmenter, but `{recipe.name}` answers whole tiles", "leave --mine out")
    args.batch = args.batch or recipe.batch
    args.scenes = args.scenes if args.scenes is not None else 240 if recipe.rendered and not folders else 0
    torch.set_num_threads(2)  # `Replicas` uses all cores; but told of one thread, PyTorch leaves 1x1 convolutions to slower code.
    torch.manual_seed(args.seed)
    net = started(recipe, args.start) if args.start else build(recipe)
    recipe = net.recipe
    begin = time.monotonic()
    rendered, own, validation = scene_pairs(args, recipe), [], []
    groups = set(args.validation_groups.split(",")) if args.validation_groups else None
    for folder in folders:
        here = groups & set(folder.groups()) if groups else None
        learn, check = chips.split(folder.chips, seed=args.seed, groups=here) if here or not groups else (folder.chips, [])
        own += chip_pairs(folder, learn, recipe)
        validation += chip_pairs(folder, check, recipe)
    if groups and not validation:
        raise ChipError(f"no chip is of the groups {args.validation_groups}", "`chips.py DIR` prints the groups")
    if not rendered and not own:
        raise ChipError(f"nothing to train `{recipe.name}` on", "give --chips DIR, or --scenes N")
    preparing = round(time.monotonic() - begin)
    print(f"{len(rendered)} scenes, {len(own)} chips to train on, {len(validation)} to validate on, ready after {preparing} s", flush=True)
    sources = [source for source in (rendered, own) if source]
    sampler = CropSampler(sources, recipe, args.seed, [1 - args.own_share, args.own_share] if len(sources) == 2 else None)
    if args.start and args.start.suffix == ".onnx":
        images = sampler.segmentation_batch(16, args.crop) if recipe.kind == "segmentation" else sampler.tile_batch(64)
        restore_norms(net, torch.from_numpy(images[0]))
    if args.mine:
        net.eval()
        found = sampler.mine(lambda image: 1 - probabilities(net, image)[0], args.threads)
        print(f"{found} mined places", flush=True)
    state, facts = train(net, recipe, sampler, validation, args)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, args.out)
    facts = {"model": recipe.name, "scenes": len(rendered), "chips": len(own), "preparing_seconds": preparing, "seed": args.seed, "batch": args.batch, "crop": args.crop, "rate": args.rate} | facts
    args.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(facts)


def main():
    """Command line."""
    args = arguments()
    try:
        run(args)
    except ChipError as error:
        fail(error)


if __name__ == "__main__":
    main()
