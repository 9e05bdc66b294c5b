"""The maps of a field pack open in other programs and say what the ledger says.

Read with libraries apart from ours: GPX by gpxpy, KMZ, GPX, GeoPackage and GeoJSON by GDAL, the
sealed pack by pyrage (age); coordinates are computed again with PROJ and the plain formulas of
tests/golden/coordinates. Without `--pack` the packs of the sample county are made; a pack that lies
there already may have its sealed form beside it as NAME.zip.age (passphrase 芝麻 open).
"""

import collections
import csv
import hashlib
import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ElementTree
import zipfile

import geopandas
import gpxpy
import pyogrio
import pyrage
import shapely

import common
import county

GOLDEN = common.REPOSITORY / "tests/golden/coordinates/make.py"
NOTES = ("线索，非证据", "leads, not evidence")
HOMES = ("庭院：入户须依法", "a home: enter only as the law allows")
GPX = {"": "http://www.topografix.com/GPX/1/1"}
KML = {"": "http://www.opengis.net/kml/2.2"}
# The order of the schema.
GPX_POINT = "ele time magvar geoidheight name cmt desc src link sym type".split()
KML_PLACEMARK = "name description TimeStamp styleUrl ExtendedData MultiGeometry".split()
QUESTIONS = (
    "outcome species confuser stage count_method plant_count quadrat_n quadrat_m2 quadrat_sum quadrat_counts area_m2 "
    "disposal prior_handled photo_ctx photo_near photo_after checker unit witness checked_at note"
).split()
# Names that never change, as the form and the reader of answers know them.
CHOICES = {
    "outcome": "confirmed false_alarm legal_crop already_removed not_found unreachable revisit",
    "species": "opium_poppy cannabis other",
    "confuser": "corn_poppy garden_flower rape vegetable maize fibre_crop medicinal_herb shrub grass "
    "bare_ground object other",
    "stage": "seedling rosette bud flower capsule lanced dry",
    "count_method": "full sample",
    "disposal": "self_before_maturity self_after forced transferred none",
    "prior_handled": "yes no",
}
MANIFEST = "序号 文件名 类别 文件格式 大小 完整性校验值 算法 采集时间 设备型号 序列号 采集人 导入时间".split()


def has_note(text):
    return any(note in text for note in NOTES)


def ledger_of(pack):
    """The rows of ledger.csv by the last word of their headers; None where there is no ledger."""
    path = pack / "ledger.csv"
    if not path.exists():
        return None
    rows = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    names = [header.split()[-1] for header in next(rows)]
    return [dict(zip(names, row, strict=True)) for row in rows]


def points_of(pack):
    """The tasks in their order: {site_id: (lon, lat, code)}, as the form for ODK has them."""
    layer = json.loads((pack / "odk/sites.geojson").read_text("utf-8"))
    return {f["id"]: (*f["geometry"]["coordinates"], f["properties"]["code"]) for f in layer["features"]}


def check_odk(checks, pack):
    path = pack / "odk/sites.geojson"
    layer = json.loads(path.read_text("utf-8"))
    features = layer["features"]
    checks.equal(list(layer)[:2], ["type", "features"], f"{path}: type and features come first")
    checks.equal(len({f["id"] for f in features}), len(features), f"{path}: ids are unique")
    checks.that(has_note(path.read_text("utf-8")), f"{path}: says what it is not")
    for feature in features:
        properties, where = feature["properties"], f"{path}: {feature['id']}"
        checks.equal(feature["geometry"]["type"], "Point", where)
        checks.that(all(isinstance(v, str) for v in properties.values()), f"{where} has plain texts")
        checks.that(properties["title"] and has_note(properties["note"]), f"{where} has title and note")
        checks.equal(len(properties["marker-symbol"]), 1, f"{where} marker-symbol")
        checks.that(re.fullmatch("#[0-9a-f]{6}", properties["marker-color"]), f"{where} marker-color")
    checks.equal(len(geopandas.read_file(path)), len(features), f"{path}: GDAL reads all")


def in_order(names, order):
    places = [order.index(n) for n in names]
    return places == sorted(set(places))


def check_gpx(checks, pack, points):
    path = pack / "sites.gpx"
    text = path.read_text("utf-8")
    read = gpxpy.parse(text)
    checks.equal(len(read.waypoints), len(points), f"{path}: waypoints")
    for point, (site, (lon, lat, code)) in zip(read.waypoints, points.items()):
        checks.equal((point.name, point.longitude, point.latitude), (code, lon, lat), f"{path}: {site}")
        checks.that(point.description.startswith(site), f"{path}: desc of {site}", point.description)
        checks.that(has_note(point.description) and point.type in "ABCS" and point.symbol, f"{path}: {site}")
        checks.that(len(point.name) <= 10 and point.name.isascii(), f"{path}: name of {site}")
    ledger = ledger_of(pack)
    if ledger:
        days = collections.defaultdict(dict)
        for row in ledger:
            days[row["assignee"], int(row["day"])][int(row["stop"])] = row["code"]
        wanted = sorted([stops[k] for k in sorted(stops)] for stops in days.values())
        known = {code for _, _, code in points.values()}
        seen = sorted([p.name for p in route.points if p.name in known] for route in read.routes)
        checks.equal(seen, wanted, f"{path}: routes visit the stops of each team's day")
    root = ElementTree.fromstring(text)
    top = [e.tag.split("}")[1] for e in root]
    checks.that(top == sorted(top, key="metadata wpt rte".split().index), f"{path}: order at the top")
    for element in root.iter():
        name = element.tag.split("}")[1]
        checks.that(element.tag.startswith("{" + GPX[""] + "}"), f"{path}: {name} is GPX's own")
        if name in ("wpt", "rtept"):
            children = [e.tag.split("}")[1] for e in element]
            checks.that(in_order(children, GPX_POINT), f"{path}: order of {children}")
    layers = {name: len(pyogrio.read_dataframe(path, layer=name)) for name in ("waypoints", "routes")}
    checks.equal(layers["waypoints"], len(points), f"{path}: GDAL reads all waypoints")
    checks.equal(layers["routes"], len(read.routes), f"{path}: GDAL reads all routes")


def check_kmz(checks, pack, points):
    path = pack / "sites.kmz"
    with zipfile.ZipFile(path) as archive:
        checks.equal(archive.testzip(), None, f"{path}: whole")
        names = archive.namelist()
        root = ElementTree.fromstring(archive.read("doc.kml"))
        for name in names[1:]:
            picture = archive.read(name)
            checks.that(picture.startswith(b"\xff\xd8"), f"{path}: {name} is a JPEG")
    checks.equal(names[0], "doc.kml", f"{path}: the document comes first")
    seen, shown = {}, set()
    styles = {"#" + style.get("id") for style in root.iter("{%s}Style" % KML[""])}
    for color in root.iter("{%s}color" % KML[""]):
        checks.that(re.fullmatch("[0-9a-f]{8}", color.text), f"{path}: colour {color.text}")
    folders = [f.find("name", KML).text for f in root.findall("Document/Folder", KML)]
    checks.equal(len(set(folders)), len(folders), f"{path}: names of folders")
    order = {site: place for place, site in enumerate(points)}
    for folder in root.findall("Document/Folder", KML):
        sites = [mark.find("name", KML).text for mark in folder.findall("Placemark", KML)]
        places = [order.get(site, -1) for site in sites]
        checks.that(places == sorted(places), f"{path}: visiting order in a folder", f"{sites}")
    for mark in root.iter("{%s}Placemark" % KML[""]):
        site = mark.find("name", KML).text
        where = f"{path}: {site}"
        checks.that(in_order([e.tag.split("}")[1] for e in mark], KML_PLACEMARK), f"{where}: order")
        checks.that(re.fullmatch(r"[A-Za-z_][\w.-]*", mark.get("id")), f"{where}: id is an XML id")
        checks.that(mark.find("styleUrl", KML).text in styles, f"{where}: its style is there")
        description = mark.find("description", KML).text
        table = ElementTree.fromstring(f"<html>{description}</html>").findall("table/tr")
        table = {row[0].text: row[1].text for row in table}
        data = {
            d.find("displayName", KML).text: d.find("value", KML).text
            for d in mark.findall("ExtendedData/Data", KML)
        }
        checks.equal(table, data, f"{where}: table and data agree")
        checks.that(has_note(description), f"{where}: note")
        shown |= set(re.findall(r'<img src="([^"]+)"', description))
        text = mark.find("MultiGeometry/Point/coordinates", KML).text
        seen[site] = tuple(float(v) for v in text.split(",")[:2])
        checks.that(re.fullmatch(r"-?\d+\.\d{7},-?\d+\.\d{7},0", text), f"{where}: 7 decimals", text)
        for ring in mark.iter("{%s}LinearRing" % KML[""]):
            corners = [tuple(map(float, c.split(","))) for c in ring[0].text.split()]
            checks.that(corners[0] == corners[-1] and len(corners) >= 4, f"{where}: ring is closed")
    checks.equal(seen, {site: (lon, lat) for site, (lon, lat, _) in points.items()}, f"{path}: places")
    checks.equal(shown, set(names[1:]), f"{path}: every picture is shown, and there")
    read = {name: pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)}
    checks.equal(sorted(read), sorted(folders), f"{path}: GDAL sees the folders as layers")
    checks.equal(sum(len(rows) for rows in read.values()), len(points), f"{path}: GDAL reads all")


def check_ovital(checks, pack, points):
    path = pack / "ovital.txt"
    data = path.read_bytes()
    checks.that(data.startswith(b"\xef\xbb\xbf"), f"{path}: byte order mark")
    lines = data.decode("utf-8-sig").split("\r\n")
    checks.equal(lines.pop(), "", f"{path}: ends with a line end")
    checks.equal(len(lines), len(points), f"{path}: lines")
    for line, (site, (lon, lat, code)) in zip(lines, points.items()):
        found = re.fullmatch(r"(\S+) (-?\d+\.\d{7}) (-?\d+\.\d{7}) (-?\d+\.\d) (\S+)", line)
        if checks.that(found, f"{path}: five fields", line):
            seen = (found[1], float(found[2]), float(found[3]))
            checks.equal(seen, (code, lon, lat), f"{path}: {site}")
            remark = found[5].replace("_", " ")
            checks.that(remark.startswith(site) and has_note(remark), f"{path}: remark of {site}", remark)


def check_maproulette(checks, pack, points):
    path = pack / "maproulette.geojson"
    text = path.read_text("utf-8")
    # `splitlines` would also split at the record separator.
    lines = text.removesuffix("\n").split("\n")
    checks.equal(len(lines), len(points), f"{path}: lines")
    for line, (site, (lon, lat, _)) in zip(lines, points.items()):
        checks.equal(line[:1], "\x1e", f"{path}: record separator")
        layer = json.loads(line.lstrip("\x1e"))
        checks.equal(layer["type"], "FeatureCollection", f"{path}: {site}")
        for feature in layer["features"]:
            checks.equal(feature["properties"]["id"], site, f"{path}: id")
            shape = shapely.geometry.shape(feature["geometry"])
            kinds = ("Point", "Polygon")
            checks.that(shape.geom_type in kinds and shape.is_valid, f"{path}: shape of {site}")
            if shape.geom_type == "Point":
                checks.equal((shape.x, shape.y), (lon, lat), f"{path}: place of {site}")
            else:
                checks.that(shape.exterior.is_ccw, f"{path}: right-hand rule of {site}")
    words = "poppy cannabis 罂粟 大麻 suspect 疑似 grade priority prob".split()
    checks.equal([w for w in words if w in text], [], f"{path}: words of suspicion")


def check_qfield(checks, pack, points):
    path = pack / "qfield/checks.gpkg"
    kinds = {"sites": "MultiPolygon", "site_points": "Point", "checks": "Point", "photos": None}
    listed = {name: kind for name, kind in pyogrio.list_layers(path) if name != "layer_styles"}
    checks.equal(listed, kinds, f"{path}: layers")
    checks.equal(sorted(p.name for p in path.parent.glob("checks.gpkg-*")), [], f"{path}: nothing beside")
    for name in ("sites", "site_points", "checks"):
        rows = geopandas.read_file(path, layer=name)
        checks.equal(list(rows.site_id), list(points), f"{path}: {name} has every task in order")
        checks.equal(rows.uuid.nunique(), len(points), f"{path}: keys of {name}")
        checks.equal(rows.crs.to_epsg(), 4326, f"{path}: reference system of {name}")
        checks.that(rows.geometry.is_valid.all(), f"{path}: shapes of {name}")
        if name != "sites":
            seen = list(zip(rows.geometry.x, rows.geometry.y, rows.code))
            checks.equal(seen, list(points.values()), f"{path}: places of {name}")
        if name == "checks":
            fields = [c for c in rows.columns if c in QUESTIONS]
            checks.equal(fields, QUESTIONS, f"{path}: order of the questions")
            checks.that(rows[QUESTIONS].isna().all(axis=None), f"{path}: answers are empty")
            checks.that(rows.caution.map(has_note).all(), f"{path}: notes")
    photos = pyogrio.read_dataframe(path, layer="photos")
    checks.equal(list(photos.columns), "uuid check_id path kind sha256".split(), f"{path}: photos")
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
        checks.equal(database.execute("PRAGMA integrity_check").fetchone(), ("ok",), f"{path}: SQLite")
        told = database.execute("SELECT description FROM gpkg_contents WHERE table_name != 'layer_styles'")
        checks.that(all(has_note(d) for (d,) in told), f"{path}: every layer says what it is not")
        query = "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        styles = {name: rest for name, *rest in database.execute(query)}
        columns = {
            name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in kinds
        }
    checks.equal(set(styles), set(kinds), f"{path}: styles")
    for name, (geometry, text, default) in styles.items():
        where = f"{path}: style of {name}"
        checks.equal((geometry, default), ("geom" if kinds[name] else "", 1), where)
        root = ElementTree.fromstring(text)
        fields = [c for c in columns[name] if c != "geom"]
        for part in ("fieldConfiguration/field", "editable/field"):
            checks.equal([f.get("name") for f in root.findall(part)], fields, f"{where}: {part}")
        aliases = [(f.get("field"), int(f.get("index"))) for f in root.findall("aliases/alias")]
        checks.equal(aliases, [(f, i) for i, f in enumerate(fields)], f"{where}: aliases")
        locked = name in ("sites", "site_points")
        checks.equal(root.get("readOnly"), str(int(locked)), f"{where}: lock")
        editable = {f.get("name") for f in root.findall("editable/field") if f.get("editable") == "1"}
        wanted = {"sites": set(), "site_points": set(), "checks": set(QUESTIONS)}
        checks.equal(editable, wanted.get(name, set(fields) - {"fid"}), f"{where}: what may be changed")
        if kinds[name]:
            classes = [c.get("value") for c in root.findall("renderer-v2/categories/category")]
            checks.equal(classes, ["A", "B", "C", ""], f"{where}: classes")
            checks.equal(root.find("renderer-v2").get("attr"), "grade", f"{where}: coloured by")
        for used in root.iter("attributeEditorField"):
            checks.equal(fields[int(used.get("index"))], used.get("name"), f"{where}: form")
    root = ElementTree.fromstring(styles["checks"][1])
    checks.equal(root.find("labeling//text-style").get("fieldName"), "code", f"{path}: labels")
    form = [f.get("name") for f in root.iter("attributeEditorField") if f.get("name") in QUESTIONS]
    checks.equal(form, QUESTIONS, f"{path}: order of the form")
    for field in root.findall("fieldConfiguration/field"):
        name, widget = field.get("name"), field.find("editWidget")
        if name in CHOICES:
            values = [o.get("value") for o in widget.findall(".//Option[@name='map']/Option/Option")]
            checks.equal(values[1:], CHOICES[name].split(), f"{path}: choices of {name}")
        if name.startswith("photo_"):
            checks.equal(widget.get("type"), "ExternalResource", f"{path}: {name}")
            stored = widget.find(".//Option[@name='RelativeStorage']").get("value")
            checks.equal(stored, "1", f"{path}: {name} is relative to the project")
    naming = root.find(".//Option[@name='QFieldSync/attachment_naming']").get("value")
    naming = json.loads(naming)
    checks.equal(sorted(naming), ["photo_after", "photo_ctx", "photo_near"], f"{path}: names of photos")
    checks.that(all(n.startswith("'DCIM/'") for n in naming.values()), f"{path}: photos go to DCIM")
    rules = {c.get("field"): c.get("exp") for c in root.findall("constraintExpressions/constraint")}
    checks.that('"quadrat_n" >= 3' in rules.get("quadrat_n", ""), f"{path}: at least three quadrats")


def check_manifest(checks, pack):
    path = pack / "manifest.csv"
    text = path.read_bytes().decode("utf-8-sig")
    checks.equal(text.count("\r\n"), text.count("\n"), f"{path}: line ends")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    checks.equal(list(rows[0]), MANIFEST, f"{path}: columns")
    files = {p.relative_to(pack).as_posix(): p for p in pack.rglob("*") if p.is_file() and p != path}
    names = [row["文件名"] for row in rows]
    checks.equal(names, sorted(files, key=lambda n: n.encode()), f"{path}: every file, sorted")
    for number, row in enumerate(rows, 1):
        name = row["文件名"]
        seen = (row["序号"], row["大小"], row["完整性校验值"], row["算法"])
        file = files.get(name)
        size, hash_ = (file.stat().st_size, common.sha256(file)) if file else (None, None)
        checks.equal(seen, (str(number), str(size), hash_, "SHA-256"), f"{path}: {name}")
        checks.that(has_note(row["类别"]), f"{path}: category of {name}", row["类别"])


def check_sealed(checks, pack, sealed):
    data = sealed.read_bytes()
    checks.that(data.startswith(b"age-encryption.org/v1\n-> scrypt "), f"{sealed}: is an age file")
    try:
        pyrage.passphrase.decrypt(data, county.PASSPHRASE + "!")
        checks.that(False, f"{sealed}: another passphrase opens it")
    except pyrage.DecryptError:
        checks.count += 1
    with zipfile.ZipFile(io.BytesIO(pyrage.passphrase.decrypt(data, county.PASSPHRASE))) as archive:
        checks.equal(archive.testzip(), None, f"{sealed}: whole")
        files = {p.relative_to(pack).as_posix(): p for p in pack.rglob("*") if p.is_file()}
        checks.equal(sorted(archive.namelist()), sorted(files), f"{sealed}: every file")
        for name in archive.namelist():
            same = hashlib.sha256(archive.read(name)).hexdigest() == common.sha256(files[name])
            checks.that(same, f"{sealed}: {name} is the pack's")


def conversions():
    """The formulas that the golden coordinates were made with, without making them again."""
    source = GOLDEN.read_text("utf-8").split("\nlines = ")[0]
    space = {"__file__": str(GOLDEN)}
    exec(compile(source, str(GOLDEN), "exec"), space)
    return space["gcj02"], space["bd09"], space["project"]


def check_coordinates(checks, pack, points):
    """Every form of the ledger's coordinates, computed again from its WGS 84 column."""
    rows = ledger_of(pack)
    if rows is None:
        print(f"{pack}: no ledger, coordinates not compared")
        return
    gcj02, bd09, project = conversions()
    worst = collections.Counter()
    for row in rows:
        site, lon, lat = row["site_id"], float(row["lon"]), float(row["lat"])
        checks.equal((lon, lat), points[site][:2], f"{pack}: place of {site}")
        east, north = project(4488 + int(row["gk_zone"]), lon, lat)
        away = max(abs(east - float(row["gk_e"])), abs(north - float(row["gk_n"])))
        # The place of a lead has 7 decimals, so that only its metres are rounded; one drawn by lot has more.
        name = "Gauss-Krüger, m" if row["prob"] else "drawn by lot, m"
        worst[name] = max(worst[name], away)
        shifted = gcj02(lon, lat)
        for name, wanted in (("gcj02", shifted), ("bd09", bd09(*shifted))):
            seen = [float(v) for v in row[name].split(",")]
            away = max(abs(a - b) for a, b in zip(seen, wanted))
            worst[name] = max(worst[name], away)
        degrees = [dms(part) for part in row["dms"].split(",")]
        away = max(abs(degrees[0] - lon), abs(degrees[1] - lat)) * 3600
        worst["seconds"] = max(worst["seconds"], away)
    # Metres are rounded to 2 decimals (5 mm), longitude and latitude of places drawn by lot to 7 (5.6 mm
    # at most), the others to 6 decimals and to a tenth of a second. Beyond the digits: 1 mm.
    checks.at_most(worst["Gauss-Krüger, m"], 0.006, f"{pack}: CGCS2000")
    checks.at_most(worst["drawn by lot, m"], 0.0116, f"{pack}: CGCS2000 of places drawn by lot")
    checks.at_most(worst["gcj02"], 6.1e-7, f"{pack}: GCJ-02")
    checks.at_most(worst["bd09"], 6.1e-7, f"{pack}: BD-09")
    checks.at_most(worst["seconds"], 0.0504, f"{pack}: degrees, minutes, seconds")
    print(f"{pack.name}: {len(rows)} tasks, largest differences {dict(worst)}")


def dms(text):
    """`101°38′12.1″E` in degrees."""
    degrees, minutes, seconds = (float(n) for n in re.findall(r"[\d.]+", text)[:3])
    return degrees + minutes / 60 + seconds / 3600


def check_pack(checks, pack, sealed=None):
    """All maps of a pack."""
    check_odk(checks, pack)
    points = points_of(pack)
    check_gpx(checks, pack, points)
    check_kmz(checks, pack, points)
    check_ovital(checks, pack, points)
    check_maproulette(checks, pack, points)
    check_qfield(checks, pack, points)
    check_manifest(checks, pack)
    check_coordinates(checks, pack, points)
    if sealed:
        check_sealed(checks, pack, sealed)
    home = any(any(h in (pack / name).read_text("utf-8-sig") for h in HOMES) for name in ("sites.gpx", "ovital.txt"))
    print(f"{pack.name}: {len(points)} tasks, {'with' if home else 'without'} homes among them")


def main():
    args, checks, named = county.start("pack_maps", __doc__.splitlines()[0])
    formats = "csv,kmz,gpx,qfield,odk,ovital,maproulette"
    for pack, sealed in county.packs(args, named, formats, sealed=True):
        check_pack(checks, pack, sealed)
    checks.finish()


if __name__ == "__main__":
    main()
