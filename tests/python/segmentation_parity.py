"""Segmentation of the sample equals one whole-image inference in Python.

The whole image is fed once to ONNX Runtime, with invalid pixels as 0; tianmu's tiles must give the
same probabilities (heatmap), the same classes per pixel and the same connected components.
"""

import numpy as np
import onnxruntime
import rasterio
from scipy import ndimage

import common
import contracts
import geometry
import scenes

IMAGE = common.REPOSITORY / "samples/hill-county/scene.tif"
MODEL = common.REPOSITORY / "models/poppy-seg"


def whole_image(image, model):
    """Class probabilities of the whole image in one piece: [class, row, col]."""
    contract = contracts.read(model)
    classes = contracts.classes_of(contract)
    stride = int(contract.get("tianmu:stride_px", 32))
    _, height, width = image.shape
    padding = [(0, 0), (0, -height % stride), (0, -width % stride)]
    fed = np.pad(contracts.scaled(image, contract), padding)[None]
    session = onnxruntime.InferenceSession(model / "model.onnx", providers=["CPUExecutionProvider"])
    scores = session.run(None, {session.get_inputs()[0].name: fed})[0][0, :, :height, :width]
    return contracts.activate(scores.astype(np.float64), contract), classes, contract


def main():
    args, checks = common.start("segmentation_parity", __doc__.splitlines()[0])
    path = args.work / "scene.tif"
    image, valid, transform, crs = scenes.lossless_copy(IMAGE, path)
    probability, classes, contract = whole_image(image, MODEL)
    wanted = np.where(valid, contracts.labels(probability, classes, contract, valid), 0)

    words = ["--min-area", "0"]
    result = common.scan(args, "scan", path, MODEL, *words, heatmap=True)
    with rasterio.open(result.heatmap) as heat:
        checks.equal(heat.shape, valid.shape, "heatmap size")
        checks.that(heat.transform.almost_equals(transform, 1e-9), "heatmap georeferencing")
        checks.equal(heat.crs, crs, "heatmap CRS")
        checks.equal(set(heat.dtypes), {"float32"}, "heatmap type")
        checks.equal(heat.tags(ns="IMAGE_STRUCTURE").get("LAYOUT"), "COG", "heatmap layout")
        names, score = list(heat.descriptions), heat.read()
    foreground = [c for c in classes if c not in contract.get("tianmu:background", [])]
    checks.equal(names, foreground, "heatmap bands are the foreground classes")
    seen = np.isfinite(score).all(axis=0)
    checks.equal(int((seen & ~valid).sum()), 0, "invalid pixels with a score")
    checks.equal(int((~seen & valid).sum()), 0, "valid pixels without a score")
    both = seen & valid
    for k, name in enumerate(names):
        difference = abs(score[k] - probability[classes.index(name)])[both]
        near = (difference <= 1e-3).mean()
        checks.that(near >= 0.999, f"probabilities of {name} within 0.001", f"{near:.6f}")
        print(
            f"{name}: {100 * near:.4f} % of {both.sum()} pixels within 0.001, largest {difference.max():.5f}"
        )

    sites = result.layer()
    outlines = geometry.to_pixels(sites.geometry, transform, crs)
    drawn = np.zeros(valid.shape, int)
    for outline, name in zip(outlines, sites["class"]):
        drawn[geometry.fill(outline, drawn.shape)] = classes.index(name) + 1
    agreement = (drawn == wanted)[valid].mean()
    checks.that(agreement >= 0.999, "classes of the sites agree", f"{agreement:.6f}")
    print(
        f"classes: {100 * agreement:.4f} % of {valid.sum()} valid pixels agree, {(drawn != wanted).sum()} differ"
    )
    for value, name in enumerate(classes, start=1):
        if name not in foreground:
            continue
        count = ndimage.label(wanted == value, geometry.FOUR)[1]
        found = int((sites["class"] == name).sum())
        union = ((drawn == value) | (wanted == value)).sum()
        overlap = ((drawn == value) & (wanted == value)).sum() / union if union else 1.0
        checks.at_most(abs(found - count), max(1, 0.03 * count), f"number of {name} sites")
        checks.that(overlap >= 0.99, f"IoU of {name}", f"{overlap:.4f}")
        print(f"{name}: {found} sites, {count} components, IoU {overlap:.5f}")
    checks.that(len(sites) > 0, "sites are found")
    if len(sites):
        check_probability(checks, sites, outlines, probability, classes, valid.shape)
    checks.finish()


def check_probability(checks, sites, outlines, probability, classes, shape):
    """Says how `prob` relates to the pixels; it must lie between their least and largest."""
    for site, outline in zip(sites.itertuples(), outlines):
        name = sites.loc[site.Index, "class"]
        inside = probability[classes.index(name)][geometry.fill(outline, shape)]
        if inside.size:
            fits = inside.min() - 2e-3 <= site.prob <= inside.max() + 2e-3
            checks.that(fits, f"prob of {site.site_id}", f"{site.prob} of {inside.min()}..{inside.max()}")


main()
