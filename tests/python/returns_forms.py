"""Files as they come back from the field, written by other programs than ours, and what is in them.

The test `returns::forms` makes a field pack of the sample county and hands it over with `--pack`. This script fills it in:
the GeoPackage with pyogrio and sqlite3, exports as ODK Central and KoBo write them with Python's csv module, under the
names and labels of the pack's own form, and a folder of JPEGs with pillow. `expected.json` says, file by file, what must
be read; the test compares. Areas come from pyproj.

    returns_forms.py --pack PACK --work DIR
"""

import argparse
import csv
import json
import shutil
import sqlite3
from pathlib import Path

import geopandas
import openpyxl
import pandas
import pyogrio
import pyproj
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational
from shapely import Point

NEW_KEY = "7d1f4a52-0000-4000-8000-00000000abcd"
WALK = [(24.7530, 101.6310), (24.7530, 101.6312), (24.7532, 101.6312), (24.7532, 101.6310)]


class Fixtures:
    """A folder of files that came back, with what is in each."""

    def __init__(self, pack, work):
        self.pack, self.work, self.files = pack, work, []
        self.tasks = pyogrio.read_dataframe(pack / "qfield/checks.gpkg", layer="checks")

    def task(self, index):
        return self.tasks.iloc[index]

    def folder(self, name):
        path = self.work / name
        path.mkdir(parents=True)
        return path

    def expect(self, path, format_name, rows, notes=()):
        file = {"path": str(path.relative_to(self.work)), "format": format_name, "rows": rows, "notes": list(notes)}
        self.files.append(file)

    def finish(self):
        text = json.dumps(self.files, ensure_ascii=False, indent=1)
        (self.work / "expected.json").write_text(text, encoding="utf-8")


def row(place, answers, key="", photos=(), notes=()):
    return {"place": place, "key": key, "answers": answers, "photos": list(photos), "notes": list(notes)}


def rational(value):
    """Degrees, minutes and seconds to a ten-thousandth, as cameras write them."""
    value = abs(value)
    degrees, minutes = int(value), int(value * 60) % 60
    seconds = round((value * 3600 - degrees * 3600 - minutes * 60) * 10000)
    return (IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, 10000))


def photo(path, place=None, taken=None, offset=None):
    """A small picture with tags, in the format of its ending."""
    image = Image.new("RGB", (40, 30), (90, 120, 60))
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = "Phone"
    if place:
        lon, lat = place
        gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef] = "S" if lat < 0 else "N"
        gps[ExifTags.GPS.GPSLatitude] = rational(lat)
        gps[ExifTags.GPS.GPSLongitudeRef] = "W" if lon < 0 else "E"
        gps[ExifTags.GPS.GPSLongitude] = rational(lon)
        gps[ExifTags.GPS.GPSHPositioningError] = IFDRational(48, 10)
        gps[ExifTags.GPS.GPSMapDatum] = "WGS-84"
    if taken:
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = offset
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, exif=tags)


def untouched(tasks, skipped):
    """What is read of the tasks that nobody answered."""
    rows = []
    for index, task in enumerate(tasks.itertuples()):
        if index not in skipped:
            answers = {"site_id": task.site_id, "code": task.code}
            rows.append((index, row(f"checks feature {index + 1}", answers, task.uuid)))
    return rows


def qfield(fixtures):
    """The layer of checks, filled in, with a moved point, an added feature, a column of the user's own and photos."""
    folder = fixtures.folder("qfield")
    path = folder / "checks.gpkg"
    shutil.copy(fixtures.pack / "qfield/checks.gpkg", path)
    checks = fixtures.tasks.copy()
    text = ["outcome", "species", "checked_at", "checker", "photo_ctx", "photo_near", "note", "confuser"]
    checks[text] = checks[text].astype(object)
    first, second, third = (fixtures.task(i) for i in range(3))
    photo(folder / "DCIM" / f"{first.code}_ctx_1.jpg", taken="2026:05:04 10:29:58", offset="+08:00")
    checks.loc[0, text[:6]] = ["confirmed", "opium_poppy", "2026-05-04 10:30:00", "甲", f"DCIM\\{first.code}_ctx_1.jpg", "DCIM/lost.jpg"]
    checks.loc[0, "plant_count"] = 312
    checks.loc[1, ["outcome", "confuser", "note"]] = ["误报", "玉米", "第二行\n换行"]
    checks.loc[2, "outcome"] = "not_found"
    moved = Point(third.geometry.x + 0.0005, third.geometry.y)
    checks.loc[2, "geometry"] = moved
    added = {"uuid": NEW_KEY, "outcome": "confirmed", "geometry": Point(101.64, 24.76)}
    checks = pandas.concat([checks, geopandas.GeoDataFrame([added], crs=checks.crs)], ignore_index=True)
    checks["天气"] = "晴"
    pyogrio.write_dataframe(checks, path, layer="checks")
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO photos (uuid, check_id, path, kind) VALUES ('p1', ?, 'DCIM/9.jpg', 'after')", (second.uuid,)
        )
    database.close()
    rows = dict(untouched(fixtures.tasks, {0, 1, 2}))
    known = {"outcome": "confirmed", "species": "opium_poppy", "checked_at": "2026-05-04T10:30:00", "checker": "甲"}
    ids = [{"site_id": t.site_id, "code": t.code} for t in (first, second, third)]
    photos = [
        {"kind": "photo_ctx", "found": f"DCIM/{first.code}_ctx_1.jpg", "taken_at": "2026-05-04T10:29:58+08:00"},
        {"kind": "photo_near", "found": None, "taken_at": ""},
    ]
    rows[0] = row("checks feature 1", ids[0] | known | {"plant_count": "312"}, first.uuid, photos)
    after = [{"kind": "photo_after", "found": None, "taken_at": ""}]
    answers = {"outcome": "误报", "confuser": "玉米", "note": "第二行\n换行"}
    rows[1] = row("checks feature 2", ids[1] | answers, second.uuid, after)
    place = {"lon": repr(moved.x), "lat": repr(moved.y)}
    rows[2] = row("checks feature 3", ids[2] | {"outcome": "not_found"} | place, third.uuid, notes=["moved"])
    last = len(fixtures.tasks)
    new = {"outcome": "confirmed", "lon": "101.64", "lat": "24.76"}
    rows[last] = row(f"checks feature {last + 1}", new, NEW_KEY, notes=["added"])
    fixtures.expect(path, "qfield", [rows[i] for i in sorted(rows)])
    projected(fixtures, checks)


def projected(fixtures, checks):
    """The same layer alone, in another reference system, under another name, with a real date and no points of the office."""
    path = fixtures.folder("projected") / "核查回收.gpkg"
    part = checks.iloc[[0, len(checks) - 1]].to_crs(4547)
    part["checked_at"] = pandas.to_datetime(["2026-05-04T10:30:00Z", None])
    pyogrio.write_dataframe(part, path, layer="回收 一队")
    first = fixtures.task(0)
    answers = {
        "site_id": first.site_id,
        "code": first.code,
        "outcome": "confirmed",
        "species": "opium_poppy",
        "checker": "甲",
        "checked_at": "2026-05-04T10:30:00+00:00",
        "plant_count": "312",
    }
    photos = [{"kind": kind, "found": None, "taken_at": ""} for kind in ("photo_ctx", "photo_near")]
    new = {"outcome": "confirmed", "lon": "101.64", "lat": "24.76"}
    rows = [
        row("回收 一队 feature 1", answers, first.uuid, photos),
        row("回收 一队 feature 2", new, NEW_KEY, notes=["added"]),
    ]
    fixtures.expect(path, "qfield", rows, ["site_points"])


def in_use(fixtures):
    """A file taken off the phone while QField had it open: the answer stands in the log beside it."""
    source = fixtures.folder("source") / "checks.gpkg"
    shutil.copy(fixtures.pack / "qfield/checks.gpkg", source)
    database = sqlite3.connect(source)
    assert database.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    # The triggers of the spatial index name these; none of them runs, as no geometry changes.
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(name, 1, lambda _: 0)
    first = fixtures.task(0)
    database.execute("UPDATE checks SET outcome = 'revisit' WHERE uuid = ?", (first.uuid,))
    database.commit()
    folder = fixtures.folder("in_use")
    for suffix in ("", "-wal"):
        shutil.copy(f"{source}{suffix}", folder / f"checks.gpkg{suffix}")
    database.close()
    rows = dict(untouched(fixtures.tasks, {0}))
    answers = {"site_id": first.site_id, "code": first.code, "outcome": "revisit"}
    rows[0] = row("checks feature 1", answers, first.uuid)
    fixtures.expect(folder / "checks.gpkg", "qfield", [rows[i] for i in sorted(rows)], ["checks.gpkg-wal"])


ANSWERS = {
    "checker": "甲",
    "unit": "二中队",
    "outcome": "confirmed",
    "species": "opium_poppy",
    "stage": "flower",
    "count_method": "sample",
    "quadrat_n": "3",
    "quadrat_m2": "1",
    "quadrat_sum": "36",
    "quadrat_counts": "12;9;15",
    "disposal": "forced",
    "prior_handled": "no",
    "witness": "乙",
    "note": "坡地, \"梯田\"\n两处",
}
SHAPE = ";".join(f"{lat} {lon} 0.0 0.0" for lat, lon in [*WALK, WALK[0]])
WKT = "POLYGON ((" + ", ".join(f"{lon} {lat}" for lat, lon in [*WALK, WALK[0]]) + "))"
POINT = ("24.7531", "101.6311", "1801.5", "4.7")
TIMES = {"start": "2026-05-04T10:20:00.000+08:00", "end": "2026-05-04T10:31:07.000+08:00"}


def area():
    lats, lons = zip(*WALK)
    return abs(pyproj.Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)[0])


def position():
    return {"lat": POINT[0], "lon": POINT[1], "gps_accuracy_m": POINT[3]}


def walked():
    return {"plot": WKT, "area_m2": str(round(area(), 1)), "checked_at": TIMES["end"]}


def central(fixtures):
    """ODK Central: names, groups with a dash, photos in `media`."""
    folder = fixtures.folder("central")
    path = folder / "tianmu_2026r2_990101.csv"
    questions = [q for q in survey(fixtures)[0] if q not in ("gps",)]
    point = [f"visit-gps-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
    header = ["SubmissionDate", *TIMES, "deviceid", "audit"]
    header += [f"visit-{q}" for q in questions if q not in TIMES] + point
    header += ["meta-instanceID", "meta-instanceName", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent"]
    header += ["AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"]
    site = fixtures.task(0).site_id
    key = "uuid:0a6b7f0e-98f1-4f0c-8f4f-2f8d1d5c0001"
    full = {f"visit-{name}": value for name, value in ANSWERS.items()}
    full |= dict(zip(point, POINT)) | TIMES | {"visit-site_id": site, "visit-plot": SHAPE, "KEY": key, "ReviewState": "approved"}
    full |= {"visit-photo_ctx": "1714.jpg", "visit-photo_near": "1715.jpg", "SubmissionDate": "2026-05-04T03:00:00.000Z"}
    bare = {"SubmissionDate": "2026-05-05T01:00:00.000Z", "visit-site_id": site, "visit-outcome": "not_found", "KEY": "uuid:2"}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows([full, bare])
    photo(folder / "media/1714.jpg", place=(101.6311, 24.7531))
    photos = [
        {"kind": "photo_ctx", "found": "media/1714.jpg", "taken_at": ""},
        {"kind": "photo_near", "found": None, "taken_at": ""},
    ]
    rows = [
        row("row 2", ANSWERS | position() | walked() | {"site_id": site}, key, photos, ["area"]),
        # The remarks of the first row go over two lines.
        row(
            "row 4",
            {"site_id": site, "outcome": "not_found", "checked_at": "2026-05-05T01:00:00.000Z"},
            "uuid:2",
            notes=["sending"],
        ),
    ]
    fixtures.expect(path, "odk", rows)


def survey(fixtures):
    """Names and labels of the questions of the pack's form, and the labels of its choices."""
    book = openpyxl.load_workbook(fixtures.pack / "odk/form.xlsx")
    header, *rows = book["survey"].iter_rows(values_only=True)
    labels = {}
    for cells in rows:
        cells = dict(zip(header, cells))
        if cells["type"] not in ("note", "audit", "deviceid"):
            labels[cells["name"]] = [cells[c] or cells["name"] for c in header if c.startswith("label::")]
    choices = {}
    for list_name, name, *words in list(book["choices"].iter_rows(values_only=True))[1:]:
        choices[list_name, name] = words
    return labels, choices


def kobo(fixtures, name, language, encoding):
    """KoBo: labels as headers and values (`language` 0 Chinese, 1 English), or names (None); semicolons."""
    folder = fixtures.folder(name)
    path = folder / "export.csv"
    labels, choices = survey(fixtures)
    task = fixtures.task(1)
    answers = ANSWERS | TIMES | {"site_id": task.site_id, "gps": " ".join(POINT), "plot": SHAPE, "photo_after": "7.jpg"}
    if language is not None:
        answers = {q: choices.get((q if q != "prior_handled" else "yes_no", v), [v, v])[language] for q, v in answers.items()}
        answers["site_id"] = f"{task.code} 石门村 A"
    seen = {q: v for q, v in answers.items() if q in ANSWERS}
    header, cells = [], []
    for question, words in labels.items():
        label = question if language is None else words[language]
        group = "" if question in TIMES else "核查/"
        header.append(group + label)
        cells.append(answers.get(question, ""))
        if question == "gps":
            parts = ("latitude", "longitude", "altitude", "precision")
            header += [f"{group}_{label}_{part}" for part in parts]
            cells += POINT
        if question.startswith("photo_"):
            header.append(f"{group}{label}_URL")
            cells.append("https://kf.example.org/7.jpg" if answers.get(question) else "")
    key = "5b0c1f5e-1111-4222-8333-444455556666"
    own = {"_id": "77", "_uuid": key, "_submission_time": "2026-05-04T02:40:00", "_validation_status": "", "_index": "1"}
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow([*header, *own])
        writer.writerow([*cells, *own.values()])
    photo(folder / "media" / key / "7.jpg")
    site = {"site_id": task.site_id} if language is None else {"code": task.code}
    photos = [{"kind": "photo_after", "found": f"media/{key}/7.jpg", "taken_at": ""}]
    notes = ["area"] if language is None else ["area", "written"]
    fixtures.expect(path, "kobo", [row("row 2", seen | position() | walked() | site, key, photos, notes)])


def photos(fixtures):
    """A folder of photos: named by site, by code, by folder, by nothing but their place; one cut off."""
    folder = fixtures.folder("photos")
    first, second, third = (fixtures.task(i) for i in range(3))
    place, taken = (101.631234, 24.751234), "2026:05:04 10:30:00"
    photo(folder / f"{first.site_id}_全景.jpg", place, taken, "+08:00")
    photo(folder / second.code / "铲除后 after.JPEG", (-71.5, -12.25))
    photo(folder / f"IMG {third.code} close-up.png", taken=taken)
    photo(folder / "IMG_20260504_103000.jpg", place)
    cut = folder / "相机" / "DSC1.jpg"
    photo(cut, place, taken)
    cut.write_bytes(cut.read_bytes()[:90])
    (folder / "说明.txt").write_text("x")
    there = {"lon": str(place[0]), "lat": str(place[1]), "gps_accuracy_m": "4.8"}
    rows = [
        row(f"{first.site_id}_全景.jpg", {"site_id": first.site_id} | there),
        row(f"{second.code}/铲除后 after.JPEG", {"code": second.code, "lon": "-71.5", "lat": "-12.25", "gps_accuracy_m": "4.8"}),
        row(f"IMG {third.code} close-up.png", {"code": third.code}),
        row("IMG_20260504_103000.jpg", there),
        row("相机/DSC1.jpg", {}, notes=["damaged"]),
    ]
    kinds = ["photo_ctx", "photo_after", "photo_near", "photo", "photo"]
    times = ["2026-05-04T10:30:00+08:00", "", "2026-05-04T10:30:00", "", ""]
    for one, kind, time in zip(rows, kinds, times):
        one["photos"] = [{"kind": kind, "found": one["place"], "taken_at": time}]
    rows.sort(key=lambda one: one["place"].encode())
    fixtures.expect(folder, "photos", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    fixtures = Fixtures(args.pack, args.work)
    qfield(fixtures)
    in_use(fixtures)
    central(fixtures)
    kobo(fixtures, "kobo_names", None, "utf-8")
    kobo(fixtures, "kobo_zh", 0, "utf-8-sig")
    kobo(fixtures, "kobo_en", 1, "utf-8-sig")
    kobo(fixtures, "kobo_gbk", 0, "gb18030")
    photos(fixtures)
    fixtures.finish()
    print(f"{len(fixtures.files)} files written")
    print("ok returns_forms")


if __name__ == "__main__":
    main()
