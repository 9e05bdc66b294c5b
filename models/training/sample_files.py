"""What bundled samples consist of: a georeferenced picture, and outlines of what stands in it as GeoJSON in WGS 84."""

import json
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr, osr

from render.terrain import COVER, mask_window

gdal.UseExceptions()
EPSG = 4543  # CGCS2000 / 3-degree Gauss-Kruger, central meridian 102 E, no zone prefix.
COARSEST_M = 0.04  # Outlines are this near to the pixels that they go around.
LEAST_PART_M2 = 0.02  # Of a plot in several parts.
LEAST_COVER_M2 = 4.0  # Smaller fields, lawns and roofs are no look-alikes.


@dataclass(frozen=True)
class Place:
    """Where a picture lies: easting and northing of its upper left corner, and metres a pixel."""

    left: float
    top: float
    gsd_m: float

    def transform(self, row=0, col=0):
        """GDAL's geotransform of a window that begins at that pixel."""
        return self.left + col * self.gsd_m, self.gsd_m, 0, self.top - row * self.gsd_m, 0, -self.gsd_m


def write_geotiff(path, image, place, tags, quality, block, mask=None):
    """Tiled JPEG-in-TIFF. `tags` are `DATETIME` and `SOFTWARE`; with a mask it is kept inside the file, and what lies outside is black."""
    height, width = image.shape[:2]
    memory = gdal.GetDriverByName("MEM").Create("", width, height, 3, gdal.GDT_Byte)
    memory.SetGeoTransform(place.transform())
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    memory.SetProjection(crs.ExportToWkt())
    for band in range(3):
        values = image[..., band] if mask is None else np.where(mask, image[..., band], 0).astype(np.uint8)
        memory.GetRasterBand(band + 1).WriteArray(values)
    if mask is not None:
        memory.CreateMaskBand(gdal.GMF_PER_DATASET)
        memory.GetRasterBand(1).GetMaskBand().WriteArray(mask.astype(np.uint8) * 255)
    tags = tags | {"IMAGEDESCRIPTION": "Synthetic rendered scene, no real place"}
    memory.SetMetadata({f"TIFFTAG_{name}": text for name, text in tags.items()})
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    options = ["TILED=YES", f"BLOCKXSIZE={block}", f"BLOCKYSIZE={block}", "COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", f"JPEG_QUALITY={quality}"]
    gdal.GetDriverByName("GTiff").CreateCopy(str(path), memory, options=options)


def _filled(polygon):
    """A polygon without its holes."""
    filled = ogr.Geometry(ogr.wkbPolygon)
    filled.AddGeometry(polygon.GetGeometryRef(0))
    return filled


def _polygons(geometry):
    """The polygons of a polygon or of several, each on its own: part of another, it would go with it."""
    if geometry.GetGeometryType() != ogr.wkbMultiPolygon:
        return [geometry]
    return [geometry.GetGeometryRef(i).Clone() for i in range(geometry.GetGeometryCount())]


def _several(polygons):
    """Polygons as one geometry."""
    several = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in polygons:
        several.AddGeometry(polygon)
    return several


def _parts(mask, window, place):
    """A polygon around each part of a mask, without holes."""
    mask = np.pad(mask, 1)
    memory = gdal.GetDriverByName("MEM").Create("", mask.shape[1], mask.shape[0], 1, gdal.GDT_Byte)
    band = memory.GetRasterBand(1)
    band.WriteArray(mask.astype(np.uint8))
    memory.SetGeoTransform(place.transform(window[0].start - 1, window[1].start - 1))
    found = ogr.GetDriverByName("Memory").CreateDataSource("")  # Must outlive its layer.
    layer = found.CreateLayer("parts", geom_type=ogr.wkbPolygon)
    gdal.Polygonize(band, band, layer, -1)
    # Where pixels meet at a corner a ring may meet itself.
    return [_filled(polygon) for part in layer for polygon in _polygons(_filled(part.GetGeometryRef()).MakeValid())]


def _rings_wgs84(polygon, to_wgs84, decimals):
    """Longitudes and latitudes of a polygon: around it counter-clockwise, around its holes clockwise."""
    polygon.Transform(to_wgs84)
    for i in range(polygon.GetGeometryCount()):
        points = [[round(x, decimals), round(y, decimals)] for x, y, *_ in polygon.GetGeometryRef(i).GetPoints()]
        twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:]))
        yield points if (twice > 0) == (i == 0) else points[::-1]


def _is_valid(geometry):
    """Whether a GeoJSON geometry neither meets nor crosses itself; GDAL says nothing about it."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        return ogr.CreateGeometryFromJson(json.dumps(geometry)).IsValid()
    finally:
        gdal.PopErrorHandler()


def _geojson(around):
    """A GeoJSON geometry in WGS 84 of one or several polygons, simplified, and its area in m2."""
    systems = osr.SpatialReference(), osr.SpatialReference()
    for crs, code in zip(systems, (EPSG, 4326)):
        crs.ImportFromEPSG(code)
        crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    to_wgs84 = osr.CoordinateTransformation(*systems)
    simple = around.SimplifyPreserveTopology(COARSEST_M)
    for decimals in (7, 9):  # Rounded to a centimetre, a narrow outline may meet itself; to a tenth of a millimetre it does not.
        rings = [list(_rings_wgs84(polygon.Clone(), to_wgs84, decimals)) for polygon in _polygons(simple)]
        geometry = {"type": "Polygon", "coordinates": rings[0]} if len(rings) == 1 else {"type": "MultiPolygon", "coordinates": rings}
        if _is_valid(geometry):
            break
    return geometry, simple.GetArea()


def outline_wgs84(mask, window, place):
    """A GeoJSON geometry around the largest part of a mask, holes filled, and its area in m2."""
    return _geojson(max(_parts(mask, window, place), key=lambda part: part.GetArea()))


def joined_outline_wgs84(mask, window, place, gap_m, others):
    """The same around all parts that are not too small; None where there is none.

    Gaps of up to `gap_m` between and within them are filled, and holes, but where a mask of `others` says that something else stands there.
    """
    around = _several(_parts(mask, window, place)).Buffer(gap_m / 2, 4).Buffer(-gap_m / 2, 4)
    around = _several(_filled(polygon) for polygon in _polygons(around))
    for other in _parts(others, window, place):
        around = around.Difference(other)
    parts = [polygon for polygon in _polygons(around) if polygon.GetArea() >= LEAST_PART_M2]
    return _geojson(_several(parts)) if parts else None


def feature(name, kind, geometry, **properties):
    """One GeoJSON feature."""
    return {"type": "Feature", "id": name, "properties": {"id": name, "class": kind, **properties}, "geometry": geometry}


def plot_feature(name, plot, outline, digits=1, **properties):
    """One GeoJSON feature of a plot or planted patch; `outline` is a geometry and its area, its area to so many digits."""
    geometry, area_m2 = outline
    return feature(name, plot.plan.crop, geometry, **properties, area_m2=round(area_m2, digits), n_plants=plot.n_plants, setting=plot.plan.setting)


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
    """Rape, safflower, lawn and red roofs inside a mask as (class name, mask window, outline mask)."""
    kinds = {name: scene.cover == COVER[name] for name in ("rape", "safflower", "lawn")}
    kinds["red_roof"] = scene.red_roofs
    for name, where in kinds.items():
        numbers, count = components(where & mask if name == "red_roof" else where & mask & ~scene.built)
        sizes = np.bincount(numbers.ravel(), minlength=count + 1)
        for number in range(1, count + 1):
            if sizes[number] * scene.gsd_m**2 >= LEAST_COVER_M2:
                part = numbers == number
                window = mask_window(part)
                yield name, window, part[window]


def lookalike_features(scene, mask, outline):
    """GeoJSON features of what may be taken for a target inside a mask: planted patches, then covers.

    `outline(mask, window)` gives a geometry and its area; what it has none for is left out.
    """
    features = []
    for plot in scene.lookalikes:
        if found := outline(plot.mask & mask[plot.window], plot.window):
            features.append(plot_feature(f"L{len(features) + 1:02d}", plot, found))
    for name, window, part in confusing_covers(scene, mask):
        if found := outline(part, window):
            features.append(feature(f"L{len(features) + 1:02d}", name, found[0], area_m2=round(found[1], 1)))
    return features


def write_collection(path, features):
    """A FeatureCollection with one feature a line."""
    lines = ",\n".join(json.dumps(f) for f in features)
    path.write_text('{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n")
