#!/usr/bin/env python3
"""What teams bring back from round 2 of the sample county: a ledger and an export of ODK.

    county_returns.py PACK      reads PACK/ledger.csv, writes samples/ridge-county/returns/

The plots were planted by make_county.py, so what people would find is known. Synthetic, like the county:
nobody was there. One row cannot be taken (a number of plants in words), two answers contradict each
other, one place could not be reached, and one lead nobody answered.
"""

import csv
import json
import sys
from pathlib import Path

COUNTY = Path(__file__).resolve().parents[2] / "samples" / "ridge-county"
DAY = "2026-04-22"


def name_of(header):
    """The machine name: the last word of a header."""
    return header.split()[-1]


def inside(point, ring):
    """Whether a ring holds a point: rays crossed an odd number of times."""
    x, y = point
    odd = False
    for (x0, y0), (x1, y1) in zip(ring, ring[1:]):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


def plots():
    """Rings and facts of what was planted."""
    for feature in json.loads((COUNTY / "round2-truth.geojson").read_text())["features"]:
        shape = feature["geometry"]
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        yield [polygon[0] for polygon in polygons], feature["properties"]


def plot_at(point, known):
    for rings, facts in known:
        if any(inside(point, ring) for ring in rings):
            return facts
    return None


def ledger_answer(site_id, facts):
    """What the ledger says of a place, by machine name; nothing where it goes through ODK or stays open."""
    common = {"checked_at": f"{DAY} 10:30", "checker": "核查员甲"}
    if facts is None:
        return common | {"outcome": "现场无此地块", "note": "对照点，未见罂粟、大麻"}
    plot = facts["id"]
    if plot == "C10":
        return common | {
            "outcome": "合法种植",
            "species": "大麻",
            "note": "持证工业大麻，已核对许可",
        }
    if plot == "C11":
        return common | {"outcome": "无法到达", "note": "路断，改日再去"}
    found = common | {
        "outcome": "确认",
        "species": "罂粟",
        "stage": "花",
        "measured_m2": facts["area_m2"],
        "disposal": "强制铲除",
        "photo_count": 3,
    }
    if plot == "C05":
        # As people write it; the row comes back with the reason.
        return found | {"count_method": "逐株清点", "plant_count": "三十来株"}
    if plot == "C01":
        each = facts["n_plants"] / facts["area_m2"]
        counts = [round(each * share) for share in (0.9, 1.1, 1.0, 0.8, 1.2)]
        return found | {
            "count_method": "样方抽样",
            "quadrat_n": len(counts),
            "quadrat_m2": 1,
            "quadrat_counts": ";".join(map(str, counts)),
        }
    return found | {"count_method": "逐株清点", "plant_count": facts["n_plants"]}


def odk_row(key, site_id, lon, lat, answers):
    row = {
        "SubmissionDate": f"{DAY}T16:05:00.000Z",
        "start": f"{DAY}T15:40:00.000+08:00",
        "end": f"{DAY}T15:52:00.000+08:00",
        "site_id": site_id,
        "checker": "核查员乙",
        "unit": "山岭乡派出所",
        "gps-Latitude": f"{lat:.7f}",
        "gps-Longitude": f"{lon:.7f}",
        "gps-Altitude": "1860.0",
        "gps-Accuracy": "4.2",
    }
    return row | answers | {"KEY": f"uuid:{key}"}


ODK = [
    "SubmissionDate start end site_id checker unit gps-Latitude gps-Longitude gps-Altitude gps-Accuracy",
    "outcome species confuser stage count_method plant_count area_m2 disposal note KEY",
]


def main():
    rows = list(csv.reader((Path(sys.argv[1]) / "ledger.csv").open(encoding="utf-8-sig", newline="")))
    head, rows = rows[0], rows[1:]
    names = [name_of(header) for header in head]
    known = list(plots())
    forms = []
    for row in rows:
        cell = dict(zip(names, row))
        place = float(cell["lon"]), float(cell["lat"])
        facts = plot_at(place, known)
        plot = facts["id"] if facts else ""
        if plot in ("C07", "C08"):
            answers = {
                "outcome": "confirmed",
                "species": "opium_poppy",
                "stage": "flower",
                "count_method": "full",
                "plant_count": str(facts["n_plants"]),
                "area_m2": str(facts["area_m2"]),
                "disposal": "self_before_maturity",
            }
            forms.append((plot, cell["site_id"], *place, answers))
            continue
        if plot == "C09-2":
            # Nobody has been there yet.
            continue
        if plot == "C03":
            answers = {"outcome": "false_alarm", "confuser": "corn_poppy", "note": "看着像虞美人"}
            forms.append((plot, cell["site_id"], *place, answers))
        for name, answer in ledger_answer(cell["site_id"], facts).items():
            row[names.index(name)] = str(answer)
    target = COUNTY / "returns"
    target.mkdir(exist_ok=True)
    with (target / "team-ledger.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    with (target / "odk.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, " ".join(ODK).split(), restval="")
        out.writeheader()
        for number, (_, site_id, lon, lat, answers) in enumerate(forms, 1):
            key = f"5e1d0000-0000-4000-8000-{number:012d}"
            out.writerow(odk_row(key, site_id, lon + 1e-5, lat, answers))


if __name__ == "__main__":
    main()
