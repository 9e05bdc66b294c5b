"""Writes the synthetic sample scene: scene.tif, truth.geojson and lookalikes.geojson.

Run from the repository's root: `python3 models/training/make_sample.py`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr

from render.canvas import CANNABIS, OPIUM_POPPY
from render.fields import gaussian_blur, smooth_noise
from render.plots import PlotPlan
from render.scenes import SceneSpec, render
from render.seeds import SAMPLE_SEED
from render.terrain import COVER, mask_window

GSD_M = 0.025
SHAPE = (2560, 3072)
EPSG = 4543  # CGCS2000 / 3-degree Gauss-Kruger, central meridian 102 E, no zone prefix.
ORIGIN = (463218.40, 2738964.85)  # Easting and northing of the upper left corner: an arbitrary hillside.
CAPTURED = "2026:04:18 10:42:00"
PLANS = [
    PlotPlan("opium_poppy", 34.0, "terrace", "flower", "mixed", 0.75),
    PlotPlan("opium_poppy", 15.0, "forest_clearing", "flower", "purple", 0.7),
    PlotPlan("opium_poppy", 11.0, "behind_house", "flower", "white", 0.7),
    PlotPlan("opium_poppy", 9.0, "terrace_edge", "flower", "red", 0.6),
    PlotPlan("opium_poppy", 3.0, "courtyard", "flower", "pink", 0.6),
    PlotPlan("opium_poppy", 5.0, "vegetable_plot", "flower", "pink", 0.55),
    PlotPlan("opium_poppy", 7.0, "stream_bank", "bud", "white", 0.0),
    PlotPlan("opium_poppy", 6.0, "vegetable_plot", "rosette", "white", 0.0),
    PlotPlan("cannabis", 26.0, "terrace", "vegetative"),
    PlotPlan("cannabis", 10.0, "forest_clearing", "vegetative"),
    PlotPlan("corn_poppy", 12.0, "roadside", "flower"),
    PlotPlan("corn_poppy", 5.0, "terrace_edge", "flower"),
    PlotPlan("garden_flowers", 4.0, "roadside", "flower"),
    PlotPlan("garden_flowers", 3.0, "terrace", "flower"),
    PlotPlan("plastic_sheet", 2.0, "terrace", "flower"),
    PlotPlan("plastic_sheet", 1.0, "terrace", "flower"),
]
LIGHT = {
    "azimuth": np.radians(40.0), "elevation": np.radians(57.0), "exposure": 1.3, "blur_px": 0.55, "noise": 0.008,
    "haze": 0.02, "sharpen": 0.25, "saturation": 0.78, "contrast": 0.15,
    "sun": np.float32([1.0, 0.95, 0.87]), "sky": np.float32([0.27, 0.3, 0.35]),
}


def ragged_mask(shape, gsd_m, seed):
    """True inside the flown area: an irregular edge as a cropped orthomosaic has."""
    rng = np.random.default_rng(seed)
    height, width = shape
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    inside = np.ones(shape, bool)
    for distance in (y, height - 1 - y, x, width - 1 - x):
        depth = 0.9 + 0.5 * smooth_noise(rng, shape, 14 / gsd_m) + 0.05 * smooth_noise(rng, shape, 0.5 / gsd_m)
        inside &= distance * gsd_m > np.maximum(depth, 0.0)
    inside &= (x + 0.7 * y) * gsd_m > 7.0  # One cut corner, where the flight turned.
    return inside


def write_geotiff(path, image, mask):
    """Tiled JPEG-in-TIFF with an internal mask; black outside."""
    height, width = mask.shape
    memory = gdal.GetDriverByName("MEM").Create("", width, height, 3, gdal.GDT_Byte)
    memory.SetGeoTransform((ORIGIN[0], GSD_M, 0, ORIGIN[1], 0, -GSD_M))
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    memory.SetProjection(crs.ExportToWkt())
    for band in range(3):
        memory.GetRasterBand(band + 1).WriteArray(np.where(mask, image[..., band], 0).astype(np.uint8))
    memory.CreateMaskBand(gdal.GMF_PER_DATASET)
    memory.GetRasterBand(1).GetMaskBand().WriteArray(mask.astype(np.uint8) * 255)
    memory.SetMetadata({
        "TIFFTAG_DATETIME": CAPTURED,
        "TIFFTAG_SOFTWARE": "tianmu models/training/make_sample.py",
        "TIFFTAG_IMAGEDESCRIPTION": "Synthetic rendered scene, no real place",
    })
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    options = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", "JPEG_QUALITY=88"]
    gdal.GetDriverByName("GTiff").CreateCopy(str(path), memory, options=options)


def outline_wgs84(mask, window):
    """The largest part of a mask as a WGS 84 ring (counter-clockwise, 7 decimals) and its area in m2."""
    height, width = mask.shape
    memory = gdal.GetDriverByName("MEM").Create("", width + 2, height + 2, 1, gdal.GDT_Byte)
    band = memory.GetRasterBand(1)
    band.WriteArray(np.pad(mask, 1).astype(np.uint8))
    left = ORIGIN[0] + (window[1].start - 1) * GSD_M
    top = ORIGIN[1] - (window[0].start - 1) * GSD_M
    memory.SetGeoTransform((left, GSD_M, 0, top, 0, -GSD_M))
    parts = ogr.GetDriverByName("Memory").CreateDataSource("")  # Must outlive its layer.
    layer = parts.CreateLayer("parts", geom_type=ogr.wkbPolygon)
    gdal.Polygonize(band, band, layer, -1)
    largest = max((f.GetGeometryRef().Clone() for f in layer), key=lambda g: g.GetArea())
    ring = ogr.Geometry(ogr.wkbPolygon)
    ring.AddGeometry(largest.GetGeometryRef(0))
    ring = ring.SimplifyPreserveTopology(0.04)
    area_m2 = ring.GetArea()
    source, target = osr.SpatialReference(), osr.SpatialReference()
    source.ImportFromEPSG(EPSG)
    target.ImportFromEPSG(4326)
    for crs in (source, target):
        crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    ring.Transform(osr.CoordinateTransformation(source, target))
    points = [[round(x, 7), round(y, 7)] for x, y, *_ in ring.GetGeometryRef(0).GetPoints()]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:]))
    return (points if twice > 0 else points[::-1]), area_m2


def feature(number, prefix, plot, label, mask):
    """One GeoJSON feature of a plot."""
    points, area_m2 = outline_wgs84(plot.mask & mask[plot.window], plot.window)
    properties = {"id": f"{prefix}{number:02d}", "class": plot.plan.crop}
    if prefix == "T":
        seen = label[plot.window]
        value = CANNABIS if plot.plan.crop == "cannabis" else OPIUM_POPPY
        covered = ((seen == value) | (seen == 255)) & plot.mask
        properties["stage"] = plot.plan.stage
        properties["covered_share"] = round(float(covered.sum() / plot.mask.sum()), 2)
    properties |= {"area_m2": round(area_m2, 1), "n_plants": plot.n_plants, "setting": plot.plan.setting}
    return {"type": "Feature", "id": properties["id"], "properties": properties, "geometry": {"type": "Polygon", "coordinates": [points]}}


def components(mask):
    """Parts of a mask joined by edge or corner, as the program joins them; numbered from 1 in `[row, col]`; and their count."""
    height, width = mask.shape
    memory = gdal.GetDriverByName("MEM").Create("", width, height, 2, gdal.GDT_Int32)
    memory.GetRasterBand(1).WriteArray(mask.astype(np.int32))
    plane = osr.SpatialReference()
    plane.SetLocalCS("pixels")
    memory.SetSpatialRef(plane)
    parts = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = parts.CreateLayer("parts", plane, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    band = memory.GetRasterBand(1)
    gdal.Polygonize(band, band, layer, -1, ["8CONNECTED=8"])
    for number, part in enumerate(list(layer), 1):
        part.SetField("number", number)
        layer.SetFeature(part)
    gdal.RasterizeLayer(memory, [2], layer, options=["ATTRIBUTE=number"])
    return memory.GetRasterBand(2).ReadAsArray(), layer.GetFeatureCount()


def confusing_covers(scene, mask):
    """Rape, safflower, lawn and red roofs as (class name, mask window, outline mask), 4 m2 and more."""
    kinds = {name: scene.cover == COVER[name] for name in ("rape", "safflower", "lawn")}
    kinds["red_roof"] = scene.red_roofs
    for name, where in kinds.items():
        numbers, count = components(where & mask if name == "red_roof" else where & mask & ~scene.built)
        sizes = np.bincount(numbers.ravel(), minlength=count + 1)
        for number in range(1, count + 1):
            if sizes[number] * GSD_M**2 >= 4.0:
                part = numbers == number
                window = mask_window(part)
                yield name, window, part[window]


def cover_feature(number, name, window, part):
    """One GeoJSON feature of a ground cover that may be taken for a target."""
    points, area_m2 = outline_wgs84(part, window)
    properties = {"id": f"L{number:02d}", "class": name, "area_m2": round(area_m2, 1)}
    return {"type": "Feature", "id": properties["id"], "properties": properties, "geometry": {"type": "Polygon", "coordinates": [points]}}


def write_collection(path, features):
    """A FeatureCollection with one feature a line."""
    lines = ",\n".join(json.dumps(f) for f in features)
    path.write_text('{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n")


def sample_scene():
    """The sample's scene and its mask; nothing else may use this seed."""
    mask = ragged_mask(SHAPE, GSD_M, SAMPLE_SEED)
    closed = gaussian_blur(mask.astype(np.float32), 0.6 / GSD_M) < 0.99
    spec = SceneSpec(SAMPLE_SEED, SHAPE, GSD_M, PLANS, houses=3, forest_share=0.27, road=True, stream=True, closed=closed, light=LIGHT)
    return render(spec), mask


def main():
    """Renders and writes the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples/hill-county"))
    args = parser.parse_args()
    gdal.UseExceptions()
    scene, mask = sample_scene()
    args.out.mkdir(parents=True, exist_ok=True)
    write_geotiff(args.out / "scene.tif", scene.image, mask)
    truth = [feature(i, "T", plot, scene.label, mask) for i, plot in enumerate(scene.targets, 1)]
    write_collection(args.out / "truth.geojson", truth)
    confusers = [feature(i, "L", plot, scene.label, mask) for i, plot in enumerate(scene.lookalikes, 1)]
    covers = enumerate(confusing_covers(scene, mask), len(confusers) + 1)
    confusers += [cover_feature(i, *cover) for i, cover in covers]
    write_collection(args.out / "lookalikes.geojson", confusers)
    for plot in scene.targets + scene.lookalikes:
        print(plot.plan.crop, plot.plan.stage, plot.plan.setting, f"{plot.mask.sum() * GSD_M**2:.1f} m2", plot.n_plants, "plants")


if __name__ == "__main__":
    main()
