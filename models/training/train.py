"""Trains one of the two networks on rendered scenes, within a time budget.

`python3 models/training/train.py poppy-seg --scenes 240 --minutes 13 --cache CACHE --out poppy-seg.pt`
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from canvas import IGNORE
from datasets import CropSampler, cached_scenes
from export import NETS
from seeds import TRAINING_SEEDS


def segmentation_loss(logits, label):
    """Weighted cross entropy plus Dice of the two target classes; ignored pixels count nowhere."""
    weight = torch.tensor([1.0, 2.0, 2.0])
    cross = functional.cross_entropy(logits, label, weight, ignore_index=IGNORE)
    valid = (label != IGNORE).unsqueeze(1).float()
    truth = functional.one_hot(label.clamp(0, 2), 3).permute(0, 3, 1, 2).float() * valid
    share = logits.softmax(1) * valid
    overlap = 2 * (share * truth).sum((0, 2, 3)) + 100.0
    dice = 1 - overlap / (share.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 100.0)
    return cross + 0.5 * dice[1:].mean()


def target_probability(net, image):
    """Probability of any target in every pixel of a training scene, by the segmenter."""
    batch = torch.from_numpy(image.astype(np.float32).transpose(2, 0, 1)[None] / 255)
    with torch.no_grad():
        return 1 - net(batch).softmax(1)[0, 0].numpy()


def learning_rate(progress, peak):
    """Short warm-up, then a cosine down to a hundredth."""
    if progress < 0.04:
        return peak * (0.1 + 0.9 * progress / 0.04)
    return peak * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * progress)))


def train(name, scenes, args):
    """Trains until the steps or the minutes are used up; returns the network and facts about the run."""
    torch.manual_seed(args.seed)
    net = NETS[name]()
    if args.start:
        net.load_state_dict(torch.load(args.start, map_location="cpu"))
    sampler = CropSampler(scenes, args.seed)
    if args.mine:
        sampler.mine(partial(target_probability, net.eval()))
        print(f"{len(sampler.places[0])} mined places", flush=True)
    net = net.to(memory_format=torch.channels_last)  # Without it a CPU needs about 1.6 times as long.
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3)
    net.train()
    if name == "poppy-seg":
        draw = partial(sampler.segmentation_batch, args.batch, args.crop)
    else:
        draw = partial(sampler.tile_batch, args.batch)
    ahead = ThreadPoolExecutor(1)
    ready = ahead.submit(draw)
    begin, step, recent = time.monotonic(), 0, []
    while step < args.steps:
        progress = max(step / args.steps, (time.monotonic() - begin) / (60 * args.minutes))
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, args.rate)
        image, truth = (torch.from_numpy(array) for array in ready.result())
        image = image.contiguous(memory_format=torch.channels_last)
        ready = ahead.submit(draw)  # One thread draws the next batch meanwhile, always in the same order.
        if name == "poppy-seg":
            loss = segmentation_loss(net(image), truth)
        else:
            loss = functional.cross_entropy(net(image), truth, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        step += 1
        recent.append(loss.item())
        if step % 50 == 0:
            print(f"step {step}  loss {np.mean(recent):.4f}  {time.monotonic() - begin:.0f} s", flush=True)
            recent.clear()
    ahead.shutdown()
    return net, {"steps": step, "seconds": round(time.monotonic() - begin), "cpu_seconds": round(time.process_time())}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=NETS)
    parser.add_argument("--scenes", type=int, default=240, help="how many training scenes")
    parser.add_argument("--cache", type=Path, default=Path("target/training-scenes"), help="where rendered scenes are kept")
    parser.add_argument("--steps", type=int, default=100_000, help="upper limit of steps")
    parser.add_argument("--minutes", type=float, default=12.0, help="time budget without rendering")
    parser.add_argument("--batch", type=int, default=None, help="crops a step; default 8 (segmentation), 48 (tiles)")
    parser.add_argument("--crop", type=int, default=256, help="crop size in pixels (segmentation)")
    parser.add_argument("--rate", type=float, default=4e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones")
    parser.add_argument("--mine", action="store_true", help="with --start: look for false alarms in the training scenes and train there")
    parser.add_argument("--out", type=Path, required=True, help="weights file to write")
    args = parser.parse_args()
    if args.mine and (args.name != "poppy-seg" or not args.start):
        parser.error("--mine needs poppy-seg and --start")
    args.batch = args.batch or (8 if args.name == "poppy-seg" else 48)
    torch.set_num_threads(args.threads)
    begin = time.monotonic()
    scenes = cached_scenes(TRAINING_SEEDS[: args.scenes], args.cache, args.threads)
    rendering = round(time.monotonic() - begin)
    print(f"{len(scenes)} scenes ready after {rendering} s", flush=True)
    net, facts = train(args.name, scenes, args)
    torch.save(net.state_dict(), args.out)
    facts |= {"model": args.name, "scenes": len(scenes), "rendering_seconds": rendering, "seed": args.seed, "batch": args.batch, "crop": args.crop, "rate": args.rate}
    args.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(facts)


if __name__ == "__main__":
    main()
