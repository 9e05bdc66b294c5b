"""Tile classification in plain Python: the grid, one inference per tile, sites of cells, comparing."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
import rasterio
import shapely

import contracts
import geometry


@dataclass(frozen=True)
class Tile:
    """A cell of the grid, cut at the raster's edge."""

    row: int
    col: int
    slices: tuple

    def __str__(self):
        return f"({self.row}, {self.col})"


def tile_grid(height, width, size):
    """Tiles at rows and columns 0, T, 2T…; the last ones reach the raster's edge."""
    for i, top in enumerate(range(0, height, size)):
        for j, left in enumerate(range(0, width, size)):
            bottom, right = min(top + size, height), min(left + size, width)
            yield Tile(i, j, (slice(top, bottom), slice(left, right)))


@dataclass
class Scores:
    """Probabilities [tile row, tile column, class], and what the classes are."""

    probability: np.ndarray
    classes: list
    foreground: list


def classify(image, model):
    """Scores of every tile of an RGB image whose invalid pixels are 0; padding is 0 as well."""
    contract = contracts.read(model)
    size = int(contract["tianmu:tile_size"])
    classes = contracts.classes_of(contract)
    background = contract.get("tianmu:background", [])
    session = onnxruntime.InferenceSession(model / "model.onnx", providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    grid = list(tile_grid(*image.shape[1:], size))
    rows, cols = grid[-1].row + 1, grid[-1].col + 1
    probability = np.zeros((rows, cols, len(classes)))
    for tile in grid:
        chip = np.zeros((3, size, size), np.float32)
        pixels = image[(slice(None), *tile.slices)]
        chip[:, : pixels.shape[1], : pixels.shape[2]] = pixels
        fed = contracts.scaled(chip, contract)[None]
        logits = session.run(None, {name: fed})[0].reshape(-1).astype(np.float64)
        probability[tile.row, tile.col] = contracts.activate(logits, contract)
    return Scores(probability, classes, [k for k, c in enumerate(classes) if c not in background])


def positive_tiles(scores, model):
    """Class number + 1 of each positive tile, 0 elsewhere."""
    contract = contracts.read(model)
    return contracts.labels(scores.probability.transpose(2, 0, 1), scores.classes, contract)


def expected_sites(positive, size, shape):
    """Outlines, in pixels, of positive cells of one class that touch, by corners too."""
    sites = []
    for component in geometry.components(positive, structure=geometry.EIGHT):
        cells = []
        top, left = (part.start for part in component.window)
        for i, j in np.argwhere(component.mask) + [top, left]:
            bottom, right = min((i + 1) * size, shape[0]), min((j + 1) * size, shape[1])
            cells.append(shapely.box(j * size, i * size, right, bottom))
        sites.append(shapely.union_all(cells))
    return sites


def compare_outlines(checks, name, wanted, outlines):
    pairs = geometry.match(wanted, outlines)
    checks.equal((len(outlines), len(pairs)), (len(wanted), len(wanted)), f"{name}: sites and pairs")
    worst = max((shapely.hausdorff_distance(wanted[i], outlines[j]) for i, j, _ in pairs), default=0.0)
    # Not zero: an edge that is straight on the map is a little bent in longitude and latitude.
    checks.at_most(worst, 0.05, f"{name}: outlines against the union of cells, in pixels")
    print(f"{name}: {len(wanted)} sites, outlines against the union of cells: at most {worst:.4f} px apart")


def compare_heatmap(checks, name, result, scores, size, valid):
    with rasterio.open(result.heatmap) as heat:
        seen, names = heat.read(), list(heat.descriptions)
    foreground = scores.foreground
    checks.equal(names, [scores.classes[k] for k in foreground], f"{name}: heatmap bands")
    checks.equal(seen.shape[1:], valid.shape, f"{name}: heatmap size")
    worst, compared = 0.0, 0
    for tile in tile_grid(*valid.shape, size):
        rows, cols = tile.slices
        inside = valid[rows, cols]
        if not inside.any():
            checks.that(
                np.isnan(seen[:, rows, cols]).all(), f"{name}: tile {tile} without a valid pixel has no score"
            )
            continue
        values = seen[:, rows, cols][:, inside]
        wanted = scores.probability[tile.row, tile.col][foreground]
        if not checks.that(np.isfinite(values).all(), f"{name}: tile {tile} has a score in each valid pixel"):
            continue
        worst = max(worst, float(abs(values - wanted[:, None]).max()))
        compared += 1
    checks.at_most(worst, 1e-4, f"{name}: largest difference of scores")
    print(f"{name}: {compared} tiles, largest difference of scores {worst:.2e}")
