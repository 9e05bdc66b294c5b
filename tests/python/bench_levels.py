"""Figures of `tianmu bench` by scikit-learn, pycocotools and numpy from what real scans show.

Tiles: PR-AUC and ROC-AUC of the highest scores in tiles, out of heatmaps and, of the detector, out of
ONNX Runtime. Pixels: sites and plots drawn by rasterio, with polygons and with masks as truth.
Objects: pycocotools on boxes of sites and plots. Reliability: ten bins by numpy.
"""

import contextlib
import io

import numpy as np
import onnxruntime
import rasterio
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import metrics

import bench_matching as matching
import bench_models
import bench_world
import common
import geometry

STEPS, LOWEST = 65535, 0.01  # Scores are kept in so many steps; the lowest threshold of the sweep.
OUTLINE = 0.25
CLASSES = bench_world.CLASSES


# ---- Tiles ----------------------------------------------------------------------------------------


def axis(length, size, overlap):
    """Where tiles begin, and where what each answers for begins and ends: cores meet in the middle."""
    starts = [0]
    while starts[-1] + size < length and overlap:
        starts.append(min(starts[-1] + size - overlap, length - size))
    starts = starts if overlap else list(range(0, length, size))
    inner = [(a + size + b) // 2 for a, b in zip(starts, starts[1:])]
    return list(zip(starts, [0, *inner], [*inner, length]))


def cores(shape, size, overlap):
    """Beginning of each tile and the slices of its core, in row-major order."""
    for top, row, row_end in axis(shape[0], size, overlap):
        for left, col, col_end in axis(shape[1], size, overlap):
            yield (top, left), (slice(row, row_end), slice(col, col_end))


class Grid:
    """What a scan's heatmap shows, on the grid that the model sees."""

    def __init__(self, result):
        with rasterio.open(result.heatmap) as heat:
            self.scores, self.names = heat.read(), list(heat.descriptions)
            self.transform, self.crs, self.shape = heat.transform, heat.crs, heat.shape
        self.seen = np.isfinite(self.scores).all(axis=0)
        self.scores = in_steps(self.scores)

    def drawn(self, geometries):
        """Pixels whose centre lies in a geometry in longitude and latitude, as far as they were seen."""
        label = np.zeros(self.shape, bool)
        for outline in geometry.to_pixels(geometries, self.transform, self.crs):
            label |= geometry.fill(outline, self.shape)
        return label & self.seen


def in_steps(scores):
    """Scores and thresholds are compared in these steps."""
    return np.floor(np.asarray(scores, np.float64) * STEPS + 0.5) / STEPS


def tiles(grid, outcome, name, size, overlap, threshold):
    """Highest score, whether a plot lies in it and whether a pixel of it passes, of each tile that was seen.

    A tile with nothing but a plot that was hardly seen is not asked.
    """
    best = grid.scores[grid.names.index(name)]
    others = np.delete(grid.scores, grid.names.index(name), axis=0)
    passes = (best >= in_steps(threshold)) & (best >= others.max(axis=0))
    truth, hardly = (grid.drawn(plots.geometry[plots["class"] == name]) for plots in (outcome.plots, outcome.unseen))
    found = []
    for _, core in cores(grid.shape, size, overlap):
        if grid.seen[core].any() and (truth[core].any() or not hardly[core].any()):
            found.append((np.nanmax(best[core]), truth[core].any(), (passes & grid.seen)[core].any()))
    return found


def check_tiles(checks, name, seen, found):
    """Rows of the report against what scikit-learn says of `[(score, positive, called)]` by class."""
    for row in seen:
        scores, positive, called = (np.array(column) for column in zip(*found[row["name"]]))
        what = f"{name}, tiles of {row['name']}"
        checks.equal((row["tiles"], row["positive"]), (len(scores), int(positive.sum())), f"{what}: tiles, positive")
        checks.that(0 < positive.sum() < len(scores), f"{what}: both kinds are there")
        wanted = {
            "pr_auc": metrics.average_precision_score(positive, scores),
            "roc_auc": metrics.roc_auc_score(positive, scores),
            "precision": metrics.precision_score(positive, called),
            "recall": metrics.recall_score(positive, called),
            "f1": metrics.f1_score(positive, called),
        }
        for key, value in wanted.items():
            checks.at_most(abs(row[key]["value"] - value), 1e-6, f"{what}: {key}, {row[key]['value']} against {value}")
    text = ", ".join(f"{r['name']} PR-AUC {r['pr_auc']['value']:.4f} ROC-AUC {r['roc_auc']['value']:.4f}" for r in seen)
    print(f"{name}: {seen[0]['tiles']} tiles, {text}", flush=True)


def objects_in_tiles(model, scene, size, overlap, outcome, threshold):
    """The same of a detector, run tile by tile: the highest score among boxes with their middle in the core."""
    session = onnxruntime.InferenceSession(model / "model.onnx", providers=["CPUExecutionProvider"])
    truth, hardly = ({n: np.zeros(scene.shape, bool) for n in CLASSES} for _ in range(2))
    for drawn, plots in ((truth, outcome.plots), (hardly, outcome.unseen)):
        for name, outline in zip(plots["class"], scene.pixels(plots)):
            drawn[name] |= geometry.fill(outline, scene.shape)
    found = {n: [] for n in CLASSES}
    for (top, left), core in cores(scene.shape, size, overlap):
        chip = scene.image[None, :, top : top + size, left : left + size] / np.float32(255)
        answer = session.run(None, {"image": chip.astype(np.float32)})[0][0]
        x, y = answer[0] + left, answer[1] + top
        inside = (core[1].start <= x) & (x < core[1].stop) & (core[0].start <= y) & (y < core[0].stop)
        for name, scores in zip(CLASSES, answer[4:]):
            scores = in_steps(scores)
            best = max(scores[inside & (scores >= in_steps(LOWEST))], default=0.0)
            if truth[name][core].any() or not hardly[name][core].any():
                found[name].append((best, truth[name][core].any(), best >= in_steps(threshold)))
    return found


# ---- Pixels ---------------------------------------------------------------------------------------


def label_counts(grid, scene, sites, mask=None):
    """By class, the background last: pixels in both, found only, in truth only. `mask` are labels of the raster."""
    truth = [grid.drawn(scene.plots.to_crs("EPSG:4326").geometry[scene.plots["class"] == n]) for n in CLASSES]
    if mask is not None:
        scale = grid.transform.a / scene.transform.a
        at = [np.floor((np.arange(n) + 0.5) * scale).astype(int).clip(0, m - 1) for n, m in zip(grid.shape, mask.shape)]
        labels = mask[np.ix_(*at)]
        truth = [(labels == k) & grid.seen for k in range(1, len(CLASSES) + 1)]
    found = [grid.drawn(sites.table.geometry[sites.table["class"] == n]) for n in CLASSES]
    for layers in (truth, found):
        layers.append(grid.seen & ~np.any(layers, axis=0))
    return np.array([[(t & f).sum(), (f & ~t).sum(), (t & ~f).sum()] for t, f in zip(truth, found)]), int(grid.seen.sum())


def check_pixels(checks, name, level, counted):
    counts, pixels = sum(c for c, _ in counted), sum(p for _, p in counted)
    checks.equal(level["pixels"], pixels, f"{name}: pixels")
    checks.equal([c["name"] for c in level["classes"]], [*CLASSES, "background"], f"{name}: rows")
    ious = []
    for row, (both, found, truth) in zip(level["classes"], counts):
        ious.append(both / (both + found + truth))
        wanted = {"iou": ious[-1], "f1": 2 * both / (2 * both + found + truth), "precision": both / (both + found), "recall": both / (both + truth)}
        for key, value in wanted.items():
            checks.at_most(abs(row[key]["value"] - value), 1e-6, f"{name}: {key} of {row['name']}, {row[key]['value']} against {value}")
        checks.equal((row["truth"], row["found"]), (int(both + truth), int(both + found)), f"{name}: pixels of {row['name']}")
    checks.at_most(abs(level["mean_iou"]["value"] - np.mean(ious[:-1])), 1e-6, f"{name}: mean IoU without the background")
    print(f"{name}: {pixels} pixels, IoU " + ", ".join(f"{i:.4f}" for i in ious), flush=True)


# ---- Objects and reliability ----------------------------------------------------------------------


def average_precisions(truth, found, images):
    """pycocotools' AP50 and AP50:95 of `[(image, class, box, score)]`, by class and of all."""
    def rows(boxes):
        for number, (image, name, (left, top, right, bottom), score) in enumerate(boxes, start=1):
            box = [left, top, right - left, bottom - top]
            row = {"id": number, "image_id": image, "category_id": CLASSES.index(name), "bbox": box, "score": score}
            yield {**row, "area": box[2] * box[3], "iscrowd": 0}

    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = {
            "info": {},
            "images": [{"id": image} for image in images],
            "categories": [{"id": k, "name": n} for k, n in enumerate(CLASSES)],
            "annotations": list(rows(truth)),
        }
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(list(rows(found))), "bbox")
        evaluation.params.maxDets = [1_000_000]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]  # [IoU, recall, class]
    by_class = {n: (precision[0, :, k].mean(), precision[:, :, k].mean()) for k, n in enumerate(CLASSES)}
    return by_class, (precision[0].mean(), precision.mean())


def boxes(scene, table):
    """Upright boxes around geometries in pixels of the scene, to a millionth.

    So much is not told: back from degrees, whole pixels are whole but for some billionths.
    """
    return [np.round(g.bounds, 6).tolist() for g in scene.pixels(table)]


def check_objects(checks, name, level, outcomes, scene_list):
    truth, found = [], []
    for image, (scene, outcome) in enumerate(zip(scene_list, outcomes)):
        sites = outcome.sites.table
        truth += [(image, n, box, 1.0) for n, box in zip(outcome.plots["class"], boxes(scene, outcome.plots))]
        found += [(image, n, box, p) for n, box, p in zip(sites["class"], boxes(scene, sites), sites["prob"])]
    by_class, of_all = average_precisions(truth, found, range(len(scene_list)))
    checks.equal((level["truth"], level["found"]), (len(truth), len(found)), f"{name}: boxes")
    for row in level["classes"]:
        for key, value in zip(("ap50", "ap50_95"), by_class[row["name"]]):
            checks.at_most(abs(row[key]["value"] - value), 1e-6, f"{name}: {key} of {row['name']}, {row[key]['value']} against {value}")
    for key, value in zip(("ap50", "ap50_95"), of_all):
        checks.at_most(abs(level[key]["value"] - value), 1e-6, f"{name}: {key}, {level[key]['value']} against {value}")
        checks.that(0.02 < value < 0.98, f"{name}: {key} is neither perfect nor useless", value)
    print(f"{name}: {len(truth)} and {len(found)} boxes, AP50 {of_all[0]:.4f}, AP50:95 {of_all[1]:.4f}", flush=True)


def check_reliability(checks, name, seen, outcomes):
    """Ten bins of equal width; tables show scores to six decimals."""
    scores = np.concatenate([o.sites.table["prob"] for o in outcomes])
    right = np.concatenate([o.true for o in outcomes])
    edges = np.arange(11) / 10
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, 9)
    held = [place == k for k in range(10) if (place == k).any()]
    ece = sum(abs(scores[h].mean() - right[h].mean()) * h.sum() for h in held) / len(scores)
    checks.equal([b["count"] for b in seen["bins"]], [int(h.sum()) for h in held], f"{name}: bins")
    for b, h in zip(seen["bins"], held):
        for key, value in (("mean_score", scores[h].mean()), ("hit_share", right[h].mean())):
            checks.at_most(abs(b[key] - value), 1e-6, f"{name}: {key} of the bin from {b['from']}")
    checks.at_most(abs(seen["ece"]["value"] - ece), 1e-6, f"{name}: expected calibration error")
    checks.at_most(abs(seen["brier"] - metrics.brier_score_loss(right, scores)), 1e-6, f"{name}: Brier score")
    print(f"{name}: {len(scores)} scored sites, ECE {ece:.4f}", flush=True)


# ---- Models ---------------------------------------------------------------------------------------


def check_segmenter(args, checks, scene_list, dataset):
    model = bench_models.segmenter(args.work / "segmenter")
    own = matching.bench(args, dataset, [model])["models"][0]
    results = matching.scans(args, "segmenter", scene_list, model, heatmap=True)
    outcomes, grids = matching.outcomes(checks, results, scene_list), [Grid(r) for r in results]
    size = bench_models.TILE, bench_models.OVERLAP
    found = {n: [t for g, o in zip(grids, outcomes) for t in tiles(g, o, n, *size, 0.5)] for n in CLASSES}
    check_tiles(checks, "segmenter", own["tile"]["classes"], found)
    sites = [matching.Sites.of(r) for r in results]
    counted = [label_counts(*each) for each in zip(grids, scene_list, sites)]
    check_pixels(checks, "segmenter, polygons", own["pixel"], counted)
    check_objects(checks, "segmenter", own["object"], outcomes, scene_list)
    check_reliability(checks, "segmenter", own["calibration"], outcomes)

    by_mask = bench_world.dataset(args.work / "masks", scene_list, bench_world.mask_truth)
    report = matching.bench(args, by_mask, [model])["models"][0]
    counted = [label_counts(*each, bench_world.mask_of(each[1])) for each in zip(grids, scene_list, sites)]
    check_pixels(checks, "segmenter, masks", report["pixel"], counted)

    # With outlines that reach down, all that they take in is rated, whatever makes a site of it.
    words = ["--threshold", 0.7, "--outline-threshold", OUTLINE]
    own = matching.bench(args, dataset, [model], *words)["models"][0]
    results = matching.scans(args, "outlines", scene_list, model, "--threshold", OUTLINE)
    check_reliability(checks, "segmenter, outlines", own["calibration"], matching.outcomes(checks, results, scene_list))


def check_classifier(args, checks, scene_list, dataset):
    model = bench_models.classifier(args.work / "classifier")
    own = matching.bench(args, dataset, [model])["models"][0]
    results = matching.scans(args, "classifier", scene_list, model, heatmap=True)
    outcomes, grids = matching.outcomes(checks, results, scene_list), [Grid(r) for r in results]
    found = {n: [t for g, o in zip(grids, outcomes) for t in tiles(g, o, n, bench_models.CELL, 0, 0.3)] for n in CLASSES}
    check_tiles(checks, "classifier", own["tile"]["classes"], found)
    check_reliability(checks, "classifier", own["calibration"], outcomes)
    checks.equal((own["pixel"], own["object"]), (None, None), "classifier: levels that it has not")


def check_detector(args, checks, scene_list, dataset):
    model = bench_models.detector(args.work / "detector")
    own = matching.bench(args, dataset, [model])["models"][0]
    results = matching.scans(args, "detector", scene_list, model, "--threshold", LOWEST)
    outcomes = matching.outcomes(checks, results, scene_list)
    check_objects(checks, "detector", own["object"], outcomes, scene_list)
    check_reliability(checks, "detector", own["calibration"], outcomes)
    checks.equal(own["pixel"], None, "detector: levels that it has not")

    # Its tiles, where the model sees the image's own pixels and all of them.
    same = [k for k, s in enumerate(scene_list) if s.transform.a == bench_world.GSD and s.valid.all()]
    chosen = [scene_list[k] for k in same]
    report = matching.bench(args, bench_world.dataset(args.work / "same", chosen), [model])["models"][0]
    found, size = {n: [] for n in CLASSES}, (bench_models.TILE, bench_models.DETECTOR_OVERLAP)
    for scene, k in zip(chosen, same):
        for name, rows in objects_in_tiles(model, scene, *size, outcomes[k], 0.3).items():
            found[name] += rows
    check_tiles(checks, "detector", report["tile"]["classes"], found)


def check_whole_boxes(args, checks):
    """Boxes of whole pixels, of which some overlap by exactly a threshold: these count as matched."""
    sizes = {16: 16, 24: 24, 40: 40}
    model = bench_models.detector(args.work / "whole", boxes=sizes, slimmer=1.0, offset=0.0)
    scene_list = [bench_world.make(args.work / "whole_scenes", f"w{k}", f"W{k}", 40 + k, crossing=False) for k in range(6)]
    own = matching.bench(args, bench_world.dataset(args.work / "whole_set", scene_list), [model])["models"][0]
    results = matching.scans(args, "whole", scene_list, model, "--threshold", LOWEST)
    outcomes = matching.outcomes(checks, results, scene_list)
    check_objects(checks, "detector of whole pixels", own["object"], outcomes, scene_list)


def main():
    args, checks = common.start("bench_levels", __doc__.splitlines()[0])
    scene_list = bench_world.campaign(args.work / "scenes")
    dataset = bench_world.dataset(args.work / "set", scene_list)
    check_segmenter(args, checks, scene_list, dataset)
    check_classifier(args, checks, scene_list, dataset)
    check_detector(args, checks, scene_list, dataset)
    check_whole_boxes(args, checks)
    checks.finish()


main()
