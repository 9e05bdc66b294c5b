"""The files of the sample county beside its imagery: what a county office has, and what lies around a site."""

import csv
import json

import numpy as np
from osgeo import gdal, ogr, osr

import county_ground as ground
from sample_files import EPSG, write_collection

COUNTY = "天目县"
CREATED = "2026-03-01T00:00:00.000Z"  # Stands in each GeoPackage, so that a second run gives the same bytes.
TEAMS = {"云岭社区": "踏查一队", "松岗村": "踏查一队", "石门村": "踏查二队", "竹溪村": "踏查二队", "下坝村": "踏查三队"}
GROUPS = {"云岭社区": 3, "松岗村": 2, "石门村": 3, "竹溪村": 3, "下坝村": 2}


def system(code):
    """A reference system with x east and y north."""
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(code)
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return crs


TO_WGS84 = osr.CoordinateTransformation(system(EPSG), system(4326))


def wgs84(geometry):
    """A geometry in degrees."""
    geometry = geometry.Clone()
    geometry.Transform(TO_WGS84)
    return geometry


def lon_lat(east, north):
    """Degrees of a map point, to a centimetre."""
    lon, lat, _ = TO_WGS84.TransformPoint(float(east), float(north))
    return round(lon, 7), round(lat, 7)


def coordinates(geometry):
    """The coordinates of a point or of a polygon without holes as GeoJSON has them."""
    geometry = wgs84(geometry)
    if geometry.GetGeometryType() == ogr.wkbPoint:
        return [round(geometry.GetX(), 7), round(geometry.GetY(), 7)]
    points = [[round(x, 7), round(y, 7)] for x, y, *_ in geometry.GetGeometryRef(0).GetPoints()]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:]))
    return [points if twice > 0 else points[::-1]]


def write_layer(path, driver, kind, crs, fields, rows, layer_options=()):
    """Writes a vector file of one layer: `rows` are (geometry, value, ...) in the order of `fields` (name, type)."""
    path.unlink(missing_ok=True)
    gdal.SetConfigOption("OGR_CURRENT_DATE", CREATED)
    data = ogr.GetDriverByName(driver).CreateDataSource(str(path))
    layer = data.CreateLayer(path.stem, crs, kind, list(layer_options))
    for name, of_type, *width in fields:
        definition = ogr.FieldDefn(name, of_type)
        if width:
            definition.SetWidth(width[0])
        layer.CreateField(definition)
    for geometry, *values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(geometry)
        for (name, *_), value in zip(fields, values):
            feature.SetField(name, value)
        layer.CreateFeature(feature)
    del layer, data
    gdal.SetConfigOption("OGR_CURRENT_DATE", None)


def write_geopackage(path, kind, fields, rows):
    """A GeoPackage of one layer in the county's own reference system."""
    write_layer(path, "GPKG", kind, system(EPSG), fields, rows)


def write_villages(out):
    """`villages.shp`: text in GBK and nothing that says so, as offices have them."""
    path = out / "villages.shp"
    fields = [("XZQDM", ogr.OFTString, 12), ("XZQMC", ogr.OFTString, 40), ("XZMC", ogr.OFTString, 40), ("XMC", ogr.OFTString, 40)]
    rows = [
        (outline, code, name, town, COUNTY)
        for outline, (code, name, town, _, _) in zip(ground.village_polygons(), ground.VILLAGES)
    ]
    write_layer(path, "ESRI Shapefile", ogr.wkbPolygon, system(EPSG), fields, rows, ["ENCODING=GBK", "DBF_DATE_LAST_UPDATE=2026-01-15"])
    path.with_suffix(".cpg").unlink()


def write_table(path, names, rows):
    """A table as a spreadsheet writes it: UTF-8 with a byte order mark, lines that end in CR LF."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def write_grid(out):
    """`grid.csv`: one worker a group, by role; the team of a village starts at its office."""
    rows, number = [], 0
    for code, name, _, _, hamlets in ground.VILLAGES:
        lon, lat = lon_lat(*ground.to_map(hamlets[0]))
        for group in range(1, GROUPS[name] + 1):
            number += 1
            rows.append([code, f"{'一二三'[group - 1]}组", f"{code}{group:02d}", f"网格员-{number:02d}", TEAMS[name], "", f"{lon:.7f}", f"{lat:.7f}"])
    write_table(out / "grid.csv", ["xzqdm", "group", "grid_id", "grid_worker", "team", "phone", "lon", "lat"], rows)


def point(east, north):
    """A point on the map."""
    geometry = ogr.Geometry(ogr.wkbPoint)
    geometry.AddPoint_2D(float(east), float(north))
    return geometry


def write_surroundings(out, lines, relief, terrain, houses, clearings):
    """Houses, roads, water, forest and heights."""
    kind = [("kind", ogr.OFTString)]
    homes = [*ground.scene_houses(houses), *ground.hamlet_houses(lines)]
    buildings = [(home, "住宅") for home in homes] + [(tunnel, "大棚") for tunnel in ground.greenhouses()]
    write_geopackage(out / "buildings.gpkg", ogr.wkbPolygon, kind, buildings)

    def mapped(line):
        return ground.line(np.round(ground.to_map(line), 2)).Simplify(0.3)

    roads = [(mapped(lines.main_road), "县道"), *((mapped(road), "村道") for road in lines.village_roads)]
    write_geopackage(out / "roads.gpkg", ogr.wkbLineString, kind, roads)
    pond = point(*ground.to_map(ground.POND)).Buffer(19.0, 8)
    water = [(mapped(lines.river), "河流"), *((mapped(stream), "溪流") for stream in lines.streams), (pond, "坑塘")]
    write_geopackage(out / "water.gpkg", ogr.wkbUnknown, kind, water)
    open_ground = [*clearings, *(home.Buffer(3.0, 2) for home in homes)]
    forest = ground.forest_polygons(relief, lines, terrain, open_ground)
    write_geopackage(out / "forest.gpkg", ogr.wkbPolygon, kind, [(part, "林地") for part in forest])
    write_heights(out / "dem.tif", relief)


def write_heights(path, relief):
    """`dem.tif`: metres above sea level, to a decimetre."""
    memory = gdal.GetDriverByName("MEM").Create("", relief.cols, relief.rows, 1, gdal.GDT_Float32)
    left, top = ground.to_map([-ground.MARGIN_M, ground.SIZE[1] + ground.MARGIN_M])
    memory.SetGeoTransform((left, ground.CELL_M, 0, top, 0, -ground.CELL_M))
    memory.SetProjection(system(EPSG).ExportToWkt())
    memory.GetRasterBand(1).WriteArray(np.round(relief.height, 1).astype(np.float32))
    memory.GetRasterBand(1).SetNoDataValue(-9999.0)
    memory.SetMetadata({"TIFFTAG_IMAGEDESCRIPTION": "Synthetic heights, no real place"})
    gdal.GetDriverByName("GTiff").CreateCopy(str(path), memory, options=["COMPRESS=DEFLATE", "PREDICTOR=3", "ZLEVEL=9", "TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256"])


def write_history(out, plots):
    """`history.geojson`: plots of earlier years, the first 6 m from the middle of a plot of round 1."""
    beside = plots["C03"].Centroid()
    at = ground.to_map([(1420, 1640), (2140, 1400), (900, 560)])
    field = ground.box(*at[1], 14.0, 8.0, 0.3)
    items = [
        ("H1", 2024, "opium_poppy", 43, point(beside.GetX() + 4.0, beside.GetY() + 4.5)),
        ("H2", 2025, "opium_poppy", 8, point(*at[0])),
        ("H3", 2023, "opium_poppy", 610, field),
        ("H4", 2021, "cannabis", 12, point(*at[2])),
    ]
    features = [
        {
            "type": "Feature", "id": name, "properties": {"id": name, "year": year, "crop": crop, "plants": plants},
            "geometry": {"type": "Polygon" if geometry is field else "Point", "coordinates": coordinates(geometry)},
        }
        for name, year, crop, plants, geometry in items
    ]
    write_collection(out / "history.geojson", features)


def write_licences(out, plots):
    """`whitelist.gpkg`: a licence for a cannabis plot, one elsewhere, and one that ran out for the other cannabis plot."""
    fields = [("licence_id", ogr.OFTString), ("holder_unit", ogr.OFTString), ("crop", ogr.OFTString), ("valid_from", ogr.OFTString), ("valid_to", ogr.OFTString)]
    elsewhere = ground.box(*ground.to_map((2500, 300)), 60.0, 35.0, 0.2)
    rows = [
        (plots["C10"].ConvexHull().Buffer(2.0, 4), "天目麻许〔2026〕01号", "天目县工业大麻种植示范点", "cannabis", "2026-01-01", "2026-12-31"),
        (elsewhere, "天目麻许〔2026〕02号", "白石乡农业技术服务站", "cannabis", "2026-03-01", "2027-02-28"),
        (plots["C11"].ConvexHull().Buffer(1.5, 4), "天目麻许〔2024〕07号", "天目县工业大麻种植示范点", "cannabis", "2024-01-01", "2024-12-31"),
    ]
    write_geopackage(out / "whitelist.gpkg", ogr.wkbPolygon, fields, rows)


def write_reports(out, plots):
    """`targets.csv`, of which the third lies on nothing, and `tips.csv`."""
    rows = []
    for name, plot, area in (("BD-2026-001", "C01", False), ("BD-2026-002", "C09", True)):
        middle = plots[plot].PointOnSurface()
        lon, lat = lon_lat(middle.GetX(), middle.GetY())
        ring = coordinates(plots[plot].ConvexHull().Simplify(0.3))[0]
        text = "POLYGON ((" + ", ".join(f"{x:.7f} {y:.7f}" for x, y in ring) + "))" if area else ""
        rows.append([name, f"{lon:.7f}", f"{lat:.7f}", text])
    lon, lat = lon_lat(*ground.to_map((1520, 860)))
    rows.append(["BD-2026-003", f"{lon:.7f}", f"{lat:.7f}", ""])
    write_table(out / "targets.csv", ["target_id", "lon", "lat", "wkt"], rows)
    near = plots["C06"].Centroid()
    tips = [
        ("JB-0318-1", "2026-03-18", *lon_lat(near.GetX() + 11.0, near.GetY() - 6.0), "opium_poppy"),
        ("JB-0402-1", "2026-04-02", *lon_lat(*ground.to_map((2870, 1610))), "cannabis"),
    ]
    write_table(out / "tips.csv", ["tip_id", "received", "lon", "lat", "kind"], [[i, day, f"{x:.7f}", f"{y:.7f}", kind] for i, day, x, y, kind in tips])


def outlines_on_map(path):
    """The plots of a truth file by their id, on the map."""
    to_map = osr.CoordinateTransformation(system(4326), system(EPSG))
    outlines = {}
    for feature in json.loads(path.read_text())["features"]:
        outline = ogr.CreateGeometryFromJson(json.dumps(feature["geometry"]))
        outline.Transform(to_map)
        outlines[feature["id"]] = outline
    return outlines
