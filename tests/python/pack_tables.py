"""The tables of a field pack are what Excel, ODK and other programs read, and say the same.

The workbook is read with openpyxl, the CSV with Python's csv module, and the form is converted
with pyxform, which must warn of nothing. `check_pack` looks at one pack folder, whoever made it.

Run like its neighbours: `pack_tables.py --tianmu target/release/tianmu --work DIR` makes the packs of the sample county.
With `--pack FOLDER`, which may be repeated, packs that exist already are read instead; for example those that the test
`packs_for_python` writes:

    TIANMU_FIXTURE_PACKS=DIR cargo test --lib -- --ignored packs_for_python
"""

import csv
import io
import os
import zipfile
from collections import Counter

import openpyxl
import pyxform.xls2xform

import county

HEADER_ROW = 3
TEXT = {"code", "site_id", "xzqdm", "grp", "dms", "gcj02", "bd09", "due", "assigned_on", "licence"}
WHOLE = {"seq", "year", "round", "day", "stop", "gk_zone"}
BLANK = ["checked_at", "checker", "outcome", "species", "confuser", "plant_count", "count_method"]
BLANK += ["measured_m2", "stage", "disposal", "note"]
LISTS = {"outcome", "species", "confuser", "count_method", "stage", "disposal"}
LEAD = {"线索，非证据", "leads, not evidence"}
HOME = {"庭院：入户须依法", "a home: enter only as the law allows"}
APART = {"许可范围内（legal_crop?）": "licensed", "licensed ground (legal_crop?)": "licensed"}
APART |= {"临界点，须两地会核": "border", "near a border: both units": "border"}
APART |= {"随机抽查点": "control", "spot check drawn by lot": "control"}
APART |= {"低等级抽查": "control", "low grade drawn by lot": "control"}
MAIN = {"疑似点", "lead"}
COUNTED = ["A", "B", "C", "ungraded", "licensed", "border", "control", "all", "home", "teams", "days"]
SURVEY = """start end deviceid audit site_id checker unit gps outcome species confuser stage
count_method plant_count quadrat_n quadrat_m2 quadrat_sum quadrat_counts plot area_m2 disposal prior_handled
photo_ctx photo_near photo_after witness note""".split()


def name_of(header):
    """The machine name: the last word of a header."""
    return header.split()[-1]


def table_of(sheet):
    """The rows of a ledger sheet as dicts by machine name, and the columns by name."""
    columns = {name_of(cell.value): cell.column_letter for cell in sheet[HEADER_ROW]}
    rows = []
    for cells in sheet.iter_rows(min_row=HEADER_ROW + 1, max_col=len(columns)):
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows, columns


def check_sheet(checks, sheet, what):
    """One sheet of tasks: its page, its header, its cells. Gives its rows as values."""
    rows, columns = table_of(sheet)
    last = list(columns.values())[-1]
    checks.that(any(text in sheet["A1"].value for text in LEAD), f"{what}: the title says it")
    checks.equal(sheet.freeze_panes, f"C{HEADER_ROW + 1}", f"{what}: frozen header")
    checks.equal(sheet.auto_filter.ref, f"A{HEADER_ROW}:{last}{HEADER_ROW + len(rows)}", f"{what}: filter")
    checks.equal(sheet.print_title_rows, f"$1:${HEADER_ROW}", f"{what}: repeated rows")
    page = sheet.page_setup
    checks.equal((str(page.paperSize), page.orientation), ("9", "landscape"), f"{what}: A4 landscape")
    checks.equal((page.fitToWidth or 1, page.fitToHeight), (1, 0), f"{what}: one page wide")
    checks.that(sheet.sheet_properties.pageSetUpPr.fitToPage, f"{what}: fitted")
    checks.that("&P" in f"&{sheet.oddFooter.center.text}", f"{what}: page numbers", sheet.oddFooter.center.text)

    for name, letter in columns.items():
        if name in BLANK:
            bad = [r[name].coordinate for r in rows if r[name].value is not None or r[name].protection.locked]
            checks.equal(bad, [], f"{what}: {name} is empty and unlocked")
        if name in TEXT:
            bad = [r[name].value for r in rows if not isinstance(r[name].value, str | None)]
            checks.equal(bad, [], f"{what}: {name} is text")
            checks.equal({r[name].number_format for r in rows}, {"@"}, f"{what}: format of {name}")
        if name in WHOLE:
            bad = [r[name].value for r in rows if not isinstance(r[name].value, int | None)]
            checks.equal(bad, [], f"{what}: {name} is a whole number")
    checks.that(all(c.data_type != "f" for r in rows for c in r.values()), f"{what}: no formulas")
    codes = [r["xzqdm"].value for r in rows if r["xzqdm"].value]
    checks.that(all(len(c) == 12 and c.isdigit() for c in codes), f"{what}: codes of 12 digits")
    lists = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            for area in rule.sqref.ranges:
                lists[openpyxl.utils.get_column_letter(area.min_col)] = rule.formula1
    checks.equal(set(lists), {columns[n] for n in LISTS}, f"{what}: lists to choose from")
    for formula in lists.values():
        name, area = formula.rsplit("!", 1)
        words = [c.value for row in sheet.parent[name.strip("'")][area] for c in row]
        checks.that(words and all(words), f"{what}: {formula} holds words", words)

    # Lists apart stand behind the main list.
    mains = [r["listing"].value in MAIN for r in rows]
    checks.equal(mains, sorted(mains, reverse=True), f"{what}: the main list comes first")
    notices = [r["notice"].value for r in rows]
    checks.that(all(any(t in n for t in LEAD) for n in notices), f"{what}: leads are no evidence")
    home = any(any(t in n for t in HOME) for n in notices)
    checks.equal(sheet["A2"].value in HOME, home, f"{what}: homes are named above")
    return [{name: cell.value for name, cell in row.items()} for row in rows]


def numbers_of(rows):
    """The numbers of the first sheet, counted from rows."""
    counts = Counter()
    for row in rows:
        counts[APART.get(row["listing"]) or row["grade"] or "ungraded"] += 1
        counts["home"] += any(t in row["notice"] for t in HOME)
    counts["all"] = len(rows)
    counts["teams"] = len({r["assignee"] for r in rows if r["assignee"]})
    counts["days"] = len({(r["assignee"], r["day"]) for r in rows if r["assignee"]})
    return [counts[name] for name in COUNTED]


def check_summary(checks, book, rows, what):
    """The first sheet: its numbers are those of the rows, its sums those of its numbers."""
    sheet = book.worksheets[0]
    checks.that(sheet.title in ("汇总", "summary"), f"{what}: numbers come first", sheet.title)
    by_village = {}
    for row in rows:
        by_village.setdefault(row["xzqdm"] or "", []).append(row)
    seen = {}
    for at in range(HEADER_ROW + 1, sheet.max_row + 1):
        if sheet.cell(at, 1).value in ("合计", "all"):
            break
        code = sheet.cell(at, 3).value or ""
        seen[code] = [sheet.cell(at, column).value for column in range(5, 16)]
        checks.that(sheet.cell(at, 4).value in book.sheetnames, f"{what}: the sheet of {code} exists")
    checks.equal(seen, {code: numbers_of(of) for code, of in by_village.items()}, f"{what}: numbers")
    cached = openpyxl.load_workbook(book.path_read, data_only=True).worksheets[0]
    sums = [cached.cell(at, column).value for column in range(5, 16)]
    checks.equal(sums, numbers_of(rows), f"{what}: sums as written")
    formulas = [sheet.cell(at, column).value for column in range(5, 14)]
    letters = [openpyxl.utils.get_column_letter(c) for c in range(5, 14)]
    checks.equal(formulas, [f"=SUM({c}{HEADER_ROW + 1}:{c}{at - 1})" for c in letters], f"{what}: formulas")
    notes = [sheet.cell(row, 1).value for row in range(at + 1, sheet.max_row + 1)]
    checks.that(any(note in LEAD for note in notes), f"{what}: the notes say it", notes)


def check_pictures(checks, path, book, rows, what):
    """Each task with a picture shows it in its row; pictures are JPEG and small."""
    shown = sum(len(sheet._images) for sheet in book.worksheets)
    wanted = sum(bool(row["thumb"]) for row in rows)
    if wanted <= 4000:
        checks.equal(shown, wanted, f"{what}: pictures")
    for sheet in book.worksheets[1:-1]:
        column = table_of(sheet)[1]["thumb"]
        for picture in sheet._images:
            corner = picture.anchor._from
            cell = sheet.cell(corner.row + 1, corner.col + 1)
            checks.that(cell.column_letter == column and cell.value, f"{what}: a picture in {cell.coordinate}")
            end = picture.anchor.to
            inside = (end.row, end.col) == (corner.row, corner.col)
            checks.that(inside, f"{what}: the picture stays in {cell.coordinate}")
    with zipfile.ZipFile(path) as archive:
        sizes = [i.file_size for i in archive.infolist() if i.filename.startswith("xl/media/")]
    checks.that(all(size < 100_000 for size in sizes), f"{what}: small pictures", sizes)


def check_workbook(checks, path, what):
    """The ledger. Gives its rows."""
    book = openpyxl.load_workbook(path)
    book.path_read = path
    rows = []
    checks.that(book.worksheets[-1].sheet_state == "hidden", f"{what}: words are out of sight")
    for sheet in book.worksheets[1:-1]:
        rows += check_sheet(checks, sheet, f"{what}/{sheet.title}")
    check_summary(checks, book, rows, what)
    check_pictures(checks, path, book, rows, what)
    checks.equal(len({r["site_id"] for r in rows}), len(rows), f"{what}: a row a site")
    return rows


def check_csv(checks, path, rows, what):
    """The CSV holds the rows of the workbook, in the order of the pack."""
    data = path.read_bytes()
    checks.that(data.startswith(b"\xef\xbb\xbf"), f"{what}: byte order mark")
    text = data.decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    checks.equal(text.count("\r\n"), len(read), f"{what}: every row ends with CRLF")
    names = [name_of(header) for header in read[0]]
    checks.equal(names, list(rows[0]) if rows else names, f"{what}: the columns of the workbook")
    checks.that(all(header.count(" ") for header in read[0]), f"{what}: two names a column")
    checks.equal([int(r[0]) for r in read[1:]], list(range(1, len(read))), f"{what}: in order")
    by_seq = {row["seq"]: row for row in rows}
    different = []
    for line in read[1:]:
        row = by_seq.pop(int(line[0]), None)
        if row is None:
            different.append(f"{line[0]} is in no sheet")
            continue
        for name, text in zip(names, line, strict=True):
            value = row[name]
            same = float(text) == value if isinstance(value, int | float) else text in (value or "", f"'{value}")
            if not same:
                different.append(f"{line[0]} {name}: {text!r}, {value!r}")
    checks.equal(different[:5], [], f"{what}: the workbook's values")
    checks.equal(list(by_seq)[:5], [], f"{what}: all rows of the workbook")


def check_form(checks, path, what):
    """pyxform converts the form without a warning, and it asks what it should ask."""
    warnings = []
    done = pyxform.xls2xform.convert(path, warnings=warnings, validate=False)
    checks.equal(warnings + list(done.warnings), [], f"{what}: no warnings")
    book = openpyxl.load_workbook(path)
    checks.equal(book.sheetnames, ["survey", "choices", "settings"], f"{what}: sheets")
    survey = list(book["survey"].iter_rows(values_only=True))
    asked = [row[1] for row in survey[1:] if row[0] != "note"]
    checks.equal(asked, SURVEY, f"{what}: questions")
    settings = dict(zip(*book["settings"].iter_rows(values_only=True), strict=True))
    checks.that(settings["version"].isdigit() and len(settings["version"]) == 10, f"{what}: version", settings)
    checks.that(settings["form_id"].startswith("tianmu_"), f"{what}: form id", settings)
    checks.that('src="jr://file/sites.geojson"' in done.xform, f"{what}: sites come from the file")
    checks.equal(done.xform.count("<translation "), 2, f"{what}: two languages")
    if os.environ.get("TIANMU_ODK_VALIDATE"):
        pyxform.xls2xform.convert(path, warnings=[], validate=True)


def check_pack(checks, folder):
    """All tables of a pack."""
    what = folder.name
    rows = check_workbook(checks, folder / "ledger.xlsx", f"{what}/ledger.xlsx")
    check_csv(checks, folder / "ledger.csv", rows, f"{what}/ledger.csv")
    check_form(checks, folder / "odk/form.xlsx", f"{what}/odk/form.xlsx")
    print(f"{what}: {len(rows)} tasks", flush=True)


def main():
    args, checks, named = county.start("pack_tables", __doc__.splitlines()[0])
    for folder, _ in county.packs(args, named, "xlsx,csv,odk"):
        check_pack(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
