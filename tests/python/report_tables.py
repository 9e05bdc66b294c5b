"""The workbook of `tianmu report`, read with openpyxl: every cell is that of `report.json`.

Sheets, print settings, codes as text, ledger rows against the tables of the campaign, for the levels `field` and
`public` and both languages.
"""

import openpyxl

import common
import report_world

SHEETS = {
    "field": ["汇总", "按村", "按乡镇", "按月季", "精度", "对照样本", "靶标", "变化", "覆盖", "台账", "待办"],
    "public": ["汇总", "按月季", "精度", "对照样本", "靶标", "变化", "覆盖"],
}


def at(figures, path):
    """A value of the figures by its path, such as `total.outcomes.confirmed`."""
    for part in path.split("."):
        if figures is None:
            return None
        figures = figures[int(part)] if isinstance(figures, list) else figures[part]
    return figures


def same(cell, wanted):
    if isinstance(wanted, float) and isinstance(cell, (int, float)):
        return abs(cell - wanted) <= 1e-9 * max(1.0, abs(wanted))
    return cell == wanted or (cell is None and wanted in (None, ""))


def tables(sheet):
    """Tables of a sheet: names of columns from the header's last line, and rows down to the next note or header."""
    found, names = [], None
    for row in sheet.iter_rows(min_row=3, values_only=True):
        headers = [value for value in row if value is not None]
        if headers and all(isinstance(value, str) and "\n" in value for value in headers):
            names = [value.split("\n")[-1] for value in headers]
            found.append((names, []))
        elif names and sum(value is not None for value in row) > 1:
            found[-1][1].append(dict(zip(names, row)))
    return found


def check_counts(checks, book, figures, name, key, id_column, empty):
    """Rows of a sheet of counts against a list of the figures."""
    for names, rows in tables(book[name])[:1]:
        checks.equal(len(rows), len(figures[key]), f"{name}: rows")
        for row, wanted in zip(rows, figures[key]):
            what = wanted["code" if id_column == "code" else "period"] or empty
            checks.equal(row[id_column], what, f"{name}: id")
            for column in names:
                if column in ("county", "town", "village", "source", id_column):
                    continue
                seen, value = row[column], at(wanted, column)
                checks.that(same(seen, value), f"{name} {what} {column}", f"{seen!r} against {value!r}")


def check_items(checks, book, figures):
    """Every `item, value, name` row of every sheet against the path that it names."""
    count = 0
    for sheet in book:
        for names, rows in tables(sheet):
            if names != ["item", "value", "name"]:
                continue
            for row in rows:
                path = row["name"]
                if path is None or path.startswith(("effort.typed", "effort.sorties", "effort.capture", "effort.gsd", "campaign.round", "targets.reasons")):
                    continue
                checks.that(same(row["value"], at(figures, path)), f"{sheet.title} {path}", f"{row['value']!r} against {at(figures, path)!r}")
                count += 1
    checks.that(count > 50, "items", count)


def check_ledger(checks, book, campaign):
    """A row for each place, answers as they were recorded."""
    (names, ledger), = tables(book["台账"])
    verdicts = report_world.verdicts(campaign)
    sites = {row["site_id"]: row for row in report_world.rows(campaign, "SELECT * FROM sites WHERE status = 'candidate'")}
    tasks = {row["site_id"] for row in report_world.rows(campaign, "SELECT site_id FROM tasks")}
    checks.equal({row["site_id"] for row in ledger}, set(sites) | tasks | set(verdicts), "ledger: places")
    words = {"confirmed": "确认", "false_alarm": "误报", "legal_crop": "合法种植", "already_removed": "已铲除或已收", "not_found": "现场无此地块", "unreachable": "无法到达", "revisit": "待复查"}
    for number, row in enumerate(ledger, 1):
        answer = verdicts.get(row["site_id"], {})
        checks.equal(row["seq"], number, "ledger: number")
        checks.equal(row["outcome"], words.get(answer.get("outcome")), f"ledger {row['site_id']}: outcome")
        for column, name in (("plants", "plants"), ("measured_m2", "area_m2"), ("checked_at", "checked_at")):
            wanted = answer.get(name)
            seen = row[column]
            checks.that(same(seen, round(wanted, 1) if column == "plants" and wanted is not None else wanted), f"ledger {row['site_id']}: {column}", f"{seen} against {wanted}")
        if site := sites.get(row["site_id"]):
            checks.that(abs(row["lon"] - site["lon"]) < 1e-7 and abs(row["lat"] - site["lat"]) < 1e-7, "ledger: place")
        checks.that(row["xzqdm"] is None or (isinstance(row["xzqdm"], str) and len(row["xzqdm"]) == 12), "ledger: codes are text", row["xzqdm"])


def main():
    args, checks = common.start("report_tables", __doc__)
    campaign = report_world.make(args.tianmu, args.work, villages=12, sites=400)
    for level in ("field", "public"):
        folder = args.work / level
        figures = report_world.report(args.tianmu, campaign, folder, "--level", level, "--sorties", "5")
        book = openpyxl.load_workbook(folder / "report.xlsx")
        checks.equal(book.sheetnames, SHEETS[level], f"{level}: sheets")
        for sheet in book:
            checks.equal((sheet.page_setup.paperSize, sheet.page_setup.orientation), (9, "landscape"), f"{sheet.title}: page")
            checks.that(sheet.print_title_rows, f"{sheet.title}: print titles")
            checks.that("线索，非证据" in str(sheet.cell(2, 1).value), f"{sheet.title}: no evidence")
        check_items(checks, book, figures)
        check_counts(checks, book, figures, "按月季", "by_month", "period", "无日期")
        if level == "field":
            check_counts(checks, book, figures, "按村", "by_village", "code", "村外")
            check_counts(checks, book, figures, "按乡镇", "by_town", "code", "村外")
            check_ledger(checks, book, campaign)
            pending = tables(book["待办"])[0][1]
            checks.equal(len(pending), figures["total"]["pending"], "open work: pending")
    english = args.work / "english"
    report_world.report(args.tianmu, campaign, english, "--lang", "en")
    names = openpyxl.load_workbook(english / "report.xlsx").sheetnames
    checks.equal(names[0], "summary", "English sheets")
    checks.finish()


if __name__ == "__main__":
    main()
