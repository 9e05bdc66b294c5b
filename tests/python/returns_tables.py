"""Ledgers that came back, filled and broken with openpyxl and Python's csv module: `tianmu record` takes each good
answer once, names each bad cell with its reason, and loses no row.

Plants and their standard error are compared with scipy.stats.sem, distances with pyproj.Geod.
"""

import csv
import io
import json
import math
import shutil
import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyproj
import scipy.stats
from openpyxl.utils import get_column_letter

import common
import county

HEADER_ROW = 3
FIRST = HEADER_ROW + 1
OUTCOMES = (
    "确认 (confirmed), 误报 (false_alarm), 合法种植 (legal_crop), 已铲除或已收 (already_removed), "
    "现场无此地块 (not_found), 无法到达 (unreachable), 待复查 (revisit)"
)
DAY = "a day such as `2026-05-04`, 2026年5月4日 or `2026/5/4 14:30`, with the year first"
OWN_CELL = "wanted a cell of its own for each site and question"
GOOD = {"outcome": "误报", "checked_at": "2026-05-04"}
GEOD = pyproj.Geod(ellps="WGS84")


class Ledger:
    """A copy of the pack's workbook while somebody fills it in."""

    def __init__(self, pack):
        self.book = openpyxl.load_workbook(pack / "ledger.xlsx")
        self.sheet = self.book.worksheets[1]
        header = [cell.value.split()[-1] for cell in self.sheet[HEADER_ROW]]
        self.columns = {name: get_column_letter(at) for at, name in enumerate(header, 1)}
        self.rows = self.sheet.max_row - HEADER_ROW

    def cell(self, name, row=FIRST):
        return f"{self.columns[name]}{row}"

    def fill(self, row=FIRST, **answers):
        for name, value in answers.items():
            self.sheet[self.cell(name, row)] = value
        return self

    def value(self, name, row=FIRST):
        return self.sheet[self.cell(name, row)].value

    def save(self, path):
        self.book.save(path)
        return path


class World:
    """The campaign and its pack, and what both tests and cases need of them."""

    def __init__(self, args, checks):
        self.args, self.checks = args, checks
        self.campaign = county.campaign(args)
        self.pack = args.work / "pack"
        words = ("-o", self.pack, "--date", county.DATE, "--control", "20%", "--quiet", "--formats", "xlsx,csv")
        common.tianmu(args, "tasks", self.campaign, *words)

    def copy(self, name):
        path = self.args.work / f"{name}.gpkg"
        shutil.copy(self.campaign, path)
        return path

    def record(self, campaign, *words, wanted=(0,)):
        """What `record --json` says; the four kinds of rows make up all of them."""
        run = common.tianmu(self.args, "record", campaign, *words, "--json", wanted=wanted)
        said = json.loads(run.out)
        for file in said["files"]:
            kinds = sum(file[kind] for kind in ("taken", "known", "blank", "rejected"))
            self.checks.equal(kinds, file["rows"], f"rows of {file['file']}")
            self.checks.equal(len(file["bad_rows"]), file["rejected"], f"bad rows of {file['file']}")
        return said


def table(campaign, name):
    """The rows of a table as dicts."""
    with sqlite3.connect(campaign) as base:
        base.row_factory = sqlite3.Row
        return [dict(row) for row in base.execute(f'SELECT * FROM "{name}" ORDER BY fid')]


def faults(file):
    return [(row["place"], f["cell"], f["reason"]) for row in file["bad_rows"] for f in row["faults"]]


def cell_cases():
    """Name, answers of the first row on top of a good one, and the faults wanted: column and reason."""
    count = "wanted a whole number from 0 to 10,000,000"
    area = "wanted square metres above 0, at most 1,000,000"
    return [
        ("missing outcome", {"outcome": None}, [("outcome", f"is empty, wanted one of {OUTCOMES}")]),
        ("strange outcome", {"outcome": "确认罂粟"}, [("outcome", f"is `确认罂粟`, wanted one of {OUTCOMES}")]),
        ("error cell", {"outcome": "#N/A"}, [("outcome", "is the error `#N/A`, wanted a value")]),
        ("formula without value", {"plant_count": "=1+1"},
         [("plant_count", "is a formula without a result, wanted a value")]),
        ("negative count", {"plant_count": -1}, [("plant_count", f"is `-1`, {count}")]),
        ("fraction", {"plant_count": 12.5}, [("plant_count", f"is `12.5`, {count}")]),
        ("huge count", {"plant_count": 10**9}, [("plant_count", f"is `1000000000`, {count}")]),
        ("text for a count", {"plant_count": "约20"}, [("plant_count", f"is `约20`, {count}")]),
        ("day for a count", {"plant_count": date(2026, 5, 4)}, [("plant_count", f"is `2026-05-04`, {count}")]),
        ("zero area", {"measured_m2": 0}, [("measured_m2", f"is `0`, {area}")]),
        ("huge area", {"measured_m2": 2e6}, [("measured_m2", f"is `2000000`, {area}")]),
        ("area in mu", {"measured_m2": "0.3亩"}, [("measured_m2", f"is `0.3亩`, {area}")]),
        ("no such day", {"checked_at": "2026-02-30"}, [("checked_at", f"is `2026-02-30`, wanted {DAY}")]),
        ("day first", {"checked_at": "04/05/2026"}, [("checked_at", f"is `04/05/2026`, wanted {DAY}")]),
        ("no year", {"checked_at": "5月4日"}, [("checked_at", f"is `5月4日`, wanted {DAY}")]),
        ("number for a day", {"checked_at": 12}, [("checked_at", f"is `12`, wanted {DAY}")]),
        ("words for a day", {"checked_at": "上周"}, [("checked_at", f"is `上周`, wanted {DAY}")]),
        ("strange species", {"species": "花"},
         [("species", "is `花`, wanted one of 罂粟 (opium_poppy), 大麻 (cannabis), 其他 (other)")]),
        ("sample without area", {"quadrat_counts": "12;9;15", "quadrat_m2": 1},
         [("measured_m2", "is empty, wanted the area of the plot, as plants were counted by quadrats")]),
        ("sample without size", {"quadrat_counts": "12;9;15", "measured_m2": 10},
         [("quadrat_m2", "is empty, wanted the area of one quadrat in square metres")]),
        ("number of quadrats", {"quadrat_counts": "12;9;15", "quadrat_m2": 1, "measured_m2": 10, "quadrat_n": 4},
         [("quadrat_n", "is `4`, wanted as many quadrats as are listed, 3")]),
        ("no list", {"quadrat_counts": "12;多", "quadrat_m2": 1, "measured_m2": 10},
         [("quadrat_counts", "is `12;多`, wanted the plants of each quadrat, such as `12;9;15`")]),
        ("two ways of counting", {"quadrat_counts": "12;9", "quadrat_m2": 1, "measured_m2": 10, "plant_count": 5},
         [("count_method", "is empty, though there is a full count and one by quadrats; wanted 逐株清点 (full) or "
                           "样方抽样 (sample)")]),
        ("half a position", {"check_lon": 101.63},
         [("check_lat", "is empty, wanted the latitude to the longitude, or both empty")]),
        ("unknown site", {"site_id": "990101201202-2026R2-9999", "code": None},
         [("site_id", "is `990101201202-2026R2-9999`, wanted a site, or a place drawn by lot, of this campaign")]),
        ("no site", {"site_id": None, "code": None},
         [("site_id", "is empty, wanted the number of a site, or `新发现` (find) with a position for a plot without "
                      "a lead")]),
        ("two at once", {"plant_count": -1, "outcome": "?"},
         [("outcome", f"is `?`, wanted one of {OUTCOMES}"), ("plant_count", f"is `-1`, {count}")]),
    ]  # fmt: skip


def check_cells(world):
    """One bad cell a workbook, each with its exact message; nothing is changed by a dry run."""
    checks = world.checks
    before = common.sha256(world.campaign)
    for name, answers, wanted in cell_cases():
        ledger = Ledger(world.pack).fill(**GOOD).fill(**answers)
        path = ledger.save(world.args.work / "bad.xlsx")
        said = world.record(world.campaign, path, "--dry-run")["files"][0]
        place = f"{ledger.sheet.title}!{FIRST}"
        seen = faults(said)
        checks.equal(sorted(seen), sorted((place, ledger.cell(column), reason) for column, reason in wanted), name)
        checks.equal((said["rejected"], said["blank"]), (1, ledger.rows - 1), f"rows: {name}")
    # The same in the CSV, where the cell is found by its letters as well.
    with open(world.pack / "ledger.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    names = [text.split()[-1] for text in rows[0]]
    for name, answers, wanted in cell_cases():
        if name in ("error cell", "formula without value"):
            continue
        filled = [list(row) for row in rows]
        for column, value in {**GOOD, **answers}.items():
            filled[1][names.index(column)] = "" if value is None else str(value).removesuffix(".0")
        path = world.args.work / "bad.csv"
        with open(path, "w", encoding="gbk", newline="") as file:
            csv.writer(file).writerows(filled)
        said = world.record(world.campaign, path, "--dry-run")["files"][0]
        letters = {name: get_column_letter(at) for at, name in enumerate(names, 1)}
        seen = sorted(faults(said))
        checks.equal(seen, sorted(("row 2", f"{letters[c]}2", r) for c, r in wanted), f"CSV: {name}")
    checks.equal(common.sha256(world.campaign), before, "the campaign after dry runs")


def check_places(world):
    """Positions: swapped, far, in GCJ-02, near."""
    checks = world.checks
    first = Ledger(world.pack)
    site_id = first.value("site_id")
    place = next(t for t in table(world.campaign, "sites") if t["site_id"] == site_id)
    lon, lat = place["lon"], place["lat"]

    def judged(x, y):
        ledger = Ledger(world.pack).fill(**GOOD, check_lon=x, check_lat=y)
        path = ledger.save(world.args.work / "place.xlsx")
        said = world.record(world.campaign, path, "--dry-run")["files"][0]
        return said["rejected"], [reason for _, _, reason in faults(said)]

    rejected, said = judged(lat, lon)
    swapped = f"longitude and latitude are swapped: `{lat}`, `{lon}` lies at the site the other way round"
    checks.equal((rejected, said), (1, [swapped]), "swapped")
    far_lon, far_lat, _ = GEOD.fwd(lon, lat, 90, 2000)
    far_lon, far_lat = round(far_lon, 7), round(far_lat, 7)
    rejected, said = judged(far_lon, far_lat)
    checks.equal(rejected, 1, "2 km off")
    metres = int(said[0].split(" lies ")[1].split(" m ")[0])
    checks.at_most(abs(metres - 2000), math.sqrt(place["area_m2"]) * 3, "metres of 2 km, to the plot's edge")
    checks.that(said[0].endswith("wanted at most 1000 m (`--max-distance`)"), "2 km off", said[0])
    rejected, _ = judged(round(GEOD.fwd(lon, lat, 0, 900)[0], 7), round(GEOD.fwd(lon, lat, 0, 900)[1], 7))
    checks.equal(rejected, 0, "900 m off")


def check_sheets(world):
    """Whole sheets: moved, merged, sorted, dated from 1904, without the ledger."""
    checks, args = world.checks, world.args

    def said(ledger, name="sheet.xlsx", wanted=(0,)):
        return world.record(world.campaign, ledger.save(args.work / name), "--dry-run", wanted=wanted)

    ledger = Ledger(world.pack).fill(**GOOD)
    ledger.sheet.insert_rows(1, 4)
    ledger.sheet["A1"] = "各村请于五月底前填完"
    file = said(ledger)["files"][0]
    checks.equal((file["taken"], file["blank"]), (1, ledger.rows - 1), "rows put above the header")

    ledger = Ledger(world.pack).fill(**{**GOOD, "outcome": "现场无此地块"})
    for at in range(1, 4):
        ledger.fill(row=FIRST + at, checked_at="2026-05-04")
    ledger.sheet.merge_cells(f"{ledger.cell('outcome')}:{ledger.cell('outcome', FIRST + 3)}")
    file = said(ledger)["files"][0]
    checks.equal(file["taken"], 4, "an outcome for four rows")
    area = f"{ledger.cell('outcome')}:{ledger.cell('outcome', FIRST + 3)}"
    note = f"{ledger.sheet.title}!{FIRST + 1}: {ledger.cell('outcome', FIRST + 1)} is part of the merged cells {area}, " \
           "read as `现场无此地块`"  # fmt: skip
    checks.that(note in file["notes"], "the note of a merge", str(file["notes"]))

    ledger = Ledger(world.pack).fill(**{**GOOD, "outcome": "确认"}, plant_count=30).fill(row=FIRST + 1, **GOOD)
    area = f"{ledger.cell('plant_count')}:{ledger.cell('plant_count', FIRST + 1)}"
    ledger.sheet.merge_cells(area)
    reason = f"is part of the merged cells {area} with `30`, {OWN_CELL}"
    wanted = [(f"{ledger.sheet.title}!{row}", ledger.cell("plant_count", row), reason) for row in (FIRST, FIRST + 1)]
    checks.equal(faults(said(ledger)["files"][0]), wanted, "plants merged down")

    ledger = Ledger(world.pack).fill(**GOOD)
    area = f"{ledger.cell('outcome')}:{ledger.cell('confuser')}"
    ledger.sheet.merge_cells(area)
    seen = [cell for _, cell, _ in faults(said(ledger)["files"][0])]
    checks.equal(seen, [ledger.cell(name) for name in ("outcome", "species", "confuser")], "merged across")

    ledger = Ledger(world.pack).fill(**{**GOOD, "checked_at": 44684})
    ledger.sheet[ledger.cell("checked_at")].number_format = "0"
    ledger.book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    copy = world.copy("mac")
    world.record(copy, ledger.save(args.work / "mac.xlsx"))
    checks.equal(table(copy, "checks")[0]["checked_at"], "2026-05-04", "a number of a day since 1904")

    ledger = Ledger(world.pack).fill(**GOOD)
    ledger.sheet[ledger.cell("outcome", HEADER_ROW)] = "核查结论"
    failed = said(ledger, wanted=(3,))["failed"][0]
    start = f"`{args.work / 'sheet.xlsx'}` sheet `{ledger.sheet.title}`: has no column `结果 outcome` in its header, row 3"
    checks.that(failed["problem"].startswith(start), "outcome renamed", failed["problem"])

    ledger = Ledger(world.pack).fill(**GOOD)
    ledger.sheet[ledger.cell("plant_count", HEADER_ROW)] = "棵数"
    ledger.fill(plant_count=7)
    file = said(ledger)["files"][0]
    letters = ledger.columns["plant_count"]
    note = f"sheet `{ledger.sheet.title}`: column {letters} (`棵数`) is none of the ledger's and was not read"
    checks.equal((file["taken"], note in file["notes"]), (1, True), "a column renamed")

    ledger = Ledger(world.pack).fill(**GOOD)
    ledger.sheet.delete_cols(openpyxl.utils.column_index_from_string(ledger.columns["disposal"]))
    checks.equal(said(ledger)["files"][0]["taken"], 1, "a column deleted")

    ledger = Ledger(world.pack).fill(**GOOD)
    ledger.sheet[ledger.cell("species", HEADER_ROW)] = "结果"
    failed = said(ledger, wanted=(3,))["failed"][0]
    two = f"has the column `outcome` twice, in {ledger.cell('outcome', 3)} and {ledger.cell('species', 3)}"
    checks.that(two in failed["problem"], "two columns of one name", failed["problem"])

    ledger = Ledger(world.pack)
    for title in [sheet.title for sheet in ledger.book.worksheets[1:]]:
        if title == ledger.sheet.title:
            ledger.book.remove(ledger.sheet)
    failed = said(ledger, wanted=(3,))["failed"][0]
    checks.that("has no sheet of the ledger; its sheets are `汇总`, `词表`" in failed["problem"], "no ledger", failed["problem"])

    # The same rows on a second sheet: what is said once counts once, what differs is two answers.
    ledger = Ledger(world.pack).fill(**GOOD).fill(row=FIRST + 1, **GOOD)
    whole = ledger.book.copy_worksheet(ledger.sheet)
    whole.title = "全部"
    whole[ledger.cell("outcome", FIRST + 1)] = "现场无此地块"
    for name in GOOD:
        ledger.sheet[ledger.cell(name, FIRST + 2)] = GOOD[name]
    said_twice = said(ledger)
    file = said_twice["files"][0]
    checks.equal((file["taken"], file["known"], file["rejected"]), (4, 1, 0), "two sheets")
    checks.equal([c["about"] for c in said_twice["conflicts"]], ["outcome"], "a conflict of two sheets")


def check_files(world):
    """Files that are none, each named; the others are taken all the same."""
    checks, args = world.checks, world.args
    folder = args.work / "files"
    folder.mkdir()
    good = Ledger(world.pack).fill(**GOOD).save(folder / "good.xlsx")
    whole = good.read_bytes()
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    empty = openpyxl.Workbook()
    empty.save(folder / "nothing.xlsx")
    cases = {
        "empty.xlsx": (b"", "is empty"),
        "cut.xlsx": (whole[: len(whole) // 2], "cannot be read as a workbook"),
        "old.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
                     "is an old workbook (.xls) or one with a password, wanted XLSX without a password"),
        "letter.xlsx": (document.getvalue(), "is a Word or PowerPoint file, whatever its name says"),
        "page.xlsx": (b"<html><table>", "is no workbook, whatever its name says"),
        "noise.csv": (bytes(range(256)) * 4, "is no text, whatever its name says"),
        "list.csv": ("姓名,电话\n某,1\n".encode("gbk"), "has no header of the ledger; it begins with `姓名,电话`"),
        "open.csv": ('简码,村,结果\nx,"y,确认\nz,w,误报\n'.encode(),
                     "has a quotation mark in row 2 that is never closed"),
        "void.csv": (b"\xef\xbb\xbf\r\n", "is empty"),
        "ledger.doc": (b"x", "has the ending `doc`"),
    }  # fmt: skip
    for name, (content, _) in cases.items():
        (folder / name).write_bytes(content)
    paths = [*(folder / name for name in cases), folder / "nothing.xlsx", folder / "gone.xlsx", good]
    copy = world.copy("files")
    said = world.record(copy, *paths, wanted=(3,))
    checks.equal(said["files"][0]["taken"], 1, "the good file among bad ones")
    problems = {Path(f["file"]).name: f["problem"] for f in said["failed"]}
    for name, (_, wanted) in cases.items():
        checks.that(wanted in problems.get(name, ""), name, problems.get(name, "was read"))
        checks.that(name in problems.get(name, ""), f"{name} is named")
    checks.that("has no sheet of the ledger; its sheets are `Sheet`" in problems["nothing.xlsx"], "an empty workbook")
    checks.that("gone.xlsx" in problems, "a file that is not there")
    before = common.sha256(copy)
    world.record(copy, *paths[:-1], wanted=(3,))
    checks.equal(common.sha256(copy), before, "the campaign after bad files alone")


def check_taken(world):
    """Good answers, once, with the numbers that others compute."""
    checks, args = world.checks, world.args
    campaign = world.copy("taken")
    counts = [12, 9, 15, 31, 0, 7]
    ledger = Ledger(world.pack)
    ledger.fill(outcome="确认", species=" 罂粟", stage="花", checked_at=datetime(2026, 5, 4, 14, 30), checker="甲",
                count_method="样方抽样", quadrat_counts="；".join(map(str, counts)), quadrat_m2="０.２５", measured_m2="86.4 m2",
                disposal="强制铲除", photo_count=0, evidence_no="E-1", note="=略")  # fmt: skip
    ledger.sheet[ledger.cell("note")].value = "山脊北坡"
    ledger.fill(FIRST + 1, outcome="CONFIRMED", species="opium poppy", checked_at="2026年5月4日", plant_count="１２株")
    ledger.fill(FIRST + 2, outcome="误 报", confuser="corn poppy", checked_at="2026.5.4")
    ledger.fill(FIRST + 3, outcome="not_found", checked_at=46146)
    ledger.sheet[ledger.cell("checked_at", FIRST + 3)].number_format = "0"
    lon, lat = (ledger.value(name, FIRST + 4) for name in ("lon", "lat"))
    stood = GEOD.fwd(lon, lat, 30, 220)
    stood = [round(stood[0], 6), round(stood[1], 6)]
    ledger.fill(FIRST + 4, outcome="无法到达", checked_at="2026/5/4", check_lon=stood[0], check_lat=stood[1])
    path = ledger.save(args.work / "ledger.xlsx")
    said = world.record(campaign, path)
    file = said["files"][0]
    checks.equal((file["taken"], file["blank"], file["rejected"]), (5, ledger.rows - 5, 0), "the first reading")
    rows = {row["site_id"]: row for row in table(campaign, "checks")}
    row = rows[ledger.value("site_id")]
    scale = 86.4 / 0.25
    checks.at_most(abs(row["plants"] - sum(counts) / len(counts) * scale), 1e-9, "plants by quadrats")
    checks.at_most(abs(row["plants_se"] - scipy.stats.sem(counts) * scale), 1e-9, "standard error")
    wanted = {"outcome": "confirmed", "species": "opium_poppy", "stage": "flower", "count_method": "sample",
              "quadrat_n": 6, "quadrat_sum": 74, "quadrat_counts": "12;9;15;31;0;7", "quadrat_m2": 0.25,
              "area_m2": 86.4, "disposal": "forced", "checked_at": "2026-05-04T14:30:00", "state": "counted",
              "source": "ledger.xlsx", "source_sha256": common.sha256(path), "checker": "甲", "note": "山脊北坡",
              "place": f"{ledger.sheet.title}!{FIRST}"}  # fmt: skip
    checks.equal({name: row[name] for name in wanted}, wanted, "the first answer")
    row = rows[ledger.value("site_id", FIRST + 1)]
    checks.equal((row["plants"], row["plants_se"], row["plant_count"]), (12.0, None, 12), "plants one by one")
    row = rows[ledger.value("site_id", FIRST + 2)]
    checks.equal((row["outcome"], row["confuser"]), ("false_alarm", "corn_poppy"), "words of either language")
    checks.equal(rows[ledger.value("site_id", FIRST + 3)]["checked_at"], "2026-05-04", "a number of a day")
    row = rows[ledger.value("site_id", FIRST + 4)]
    metres = GEOD.inv(lon, lat, *stood)[2]
    checks.at_most(abs(row["off_m"] - metres), 25, "metres to the plot's edge")
    checks.that("m from the site" in row["flag"], "220 m off", row["flag"])

    # The very same file, a copy of it, the same rows saved again, and the same as CSV: nothing is new.
    before = common.sha256(campaign)
    world.record(campaign, path)
    checks.equal(common.sha256(campaign), before, "the campaign after the same file")
    shutil.copy(path, args.work / "copy.xlsx")
    again = openpyxl.load_workbook(path)
    again.properties.title = "saved again"
    again.save(args.work / "again.xlsx")
    as_csv = args.work / "again.csv"
    with open(as_csv, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        for cells in again.worksheets[1].iter_rows(min_row=HEADER_ROW, values_only=True):
            writer.writerow(["" if value is None else value for value in cells])
    for copy in (args.work / "copy.xlsx", args.work / "again.xlsx", as_csv):
        said = world.record(campaign, copy)
        checks.equal((said["files"][0]["known"], said["changed"]), (5, False), copy.name)
        checks.equal(common.sha256(campaign), before, f"the campaign after {copy.name}")
    checks.equal(len(table(campaign, "returns")), 1, "files that gave something")
    return campaign, ledger


def check_contradicted(world, campaign, ledger):
    """A second answer that contradicts the first: both stay, both say so, one is taken back."""
    checks, args = world.checks, world.args
    other = Ledger(world.pack).fill(FIRST + 1, outcome="误报", checked_at="2026-05-05", checker="乙")
    said = world.record(campaign, other.save(args.work / "other.xlsx"))
    checks.equal([c["about"] for c in said["conflicts"]], ["outcome"], "a conflict")
    site = ledger.value("site_id", FIRST + 1)
    both = [row for row in table(campaign, "checks") if row["site_id"] == site]
    for one, two in (both, both[::-1]):
        checks.that(f"conflict with {two['check_id']} (outcome)" in one["flag"], "both say so", one["flag"])
    checks.equal({row["state"] for row in both}, {"counted"}, "both count")
    rows = len(table(campaign, "audit"))
    words = ("--withdraw", both[1]["check_id"], "--reason", "wrong site")
    common.tianmu(args, "record", campaign, *words)
    both = [row for row in table(campaign, "checks") if row["site_id"] == site]
    checks.equal([row["state"] for row in both], ["counted", "withdrawn"], "one taken back")
    checks.that(not any("conflict" in row["flag"] for row in both), "no conflict is left")
    audit = table(campaign, "audit")
    checks.equal(len(audit), rows + 1, "rows of the audit")
    checks.that('"reason":"wrong site"' in audit[-1]["detail"], "the reason", audit[-1]["detail"])
    before = common.sha256(campaign)
    common.tianmu(args, "record", campaign, *words)
    checks.equal(common.sha256(campaign), before, "taken back once more")
    common.tianmu(args, "record", campaign, "--withdraw", "nobody", "--reason", "x", wanted=(2,))


def check_mended(world):
    """Bad rows go to a CSV, are mended there, and come in; what was rejected is settled."""
    checks, args = world.checks, world.args
    campaign = world.copy("mended")
    ledger = Ledger(world.pack)
    ledger.fill(**GOOD, plant_count=-4, note="- 第一块").fill(FIRST + 1, **GOOD).fill(FIRST + 2, checked_at="2026-05-04")
    path = ledger.save(args.work / "with-bad.xlsx")
    rejects = args.work / "rejects.csv"
    said = world.record(campaign, path, "--rejects", rejects)
    checks.equal((said["files"][0]["taken"], said["files"][0]["rejected"]), (1, 2), "good and bad rows")
    kept = table(campaign, "rejected")
    checks.equal([row["settled_by"] for row in kept], ["", ""], "rejected rows are open")
    checks.that('"株数 plant_count":"-4"' in kept[0]["raw"], "the row word for word", kept[0]["raw"])
    before = common.sha256(campaign)
    world.record(campaign, path)
    checks.equal(common.sha256(campaign), before, "the same bad rows once more")
    with open(rejects, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    checks.equal(len(rows), 2, "rows of the list")
    checks.equal(rows[0]["单元格 cell"], ledger.cell("plant_count"), "the cell")
    checks.equal((rows[0]["备注 note"], rows[0]["村 village"] != ""), ("'- 第一块", True), "all else of the row")
    rows[0]["株数 plant_count"] = "4"
    rows[1]["结果 outcome"] = "确认"
    with open(rejects, "w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    said = world.record(campaign, rejects)
    checks.equal((said["files"][0]["taken"], said["settled"]), (2, 2), "mended rows")
    found = {row["site_id"]: row for row in table(campaign, "checks")}
    for row in table(campaign, "rejected"):
        checks.equal(row["settled_by"], found[row["site_id"]]["check_id"], "settled by the good answer")
    checks.equal(found[ledger.value("site_id")]["note"], "- 第一块", "a note with a sign")
    common.tianmu(args, "record", campaign, path, "--rejects", rejects, wanted=(1,))


def main():
    args, checks = common.start("returns_tables", __doc__)
    world = World(args, checks)
    check_cells(world)
    check_places(world)
    check_sheets(world)
    check_files(world)
    campaign, ledger = check_taken(world)
    check_contradicted(world, campaign, ledger)
    check_mended(world)
    checks.finish()


if __name__ == "__main__":
    main()
