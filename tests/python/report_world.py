"""A county of any size with a round of answers, for tests and timings of `tianmu report`.

    python report_world.py --tianmu PATH --work DIR [--villages 12] [--sites 400]

makes `county.gpkg`: villages, sites and earlier plots of `county_at_scale`, tasks by the program with places
drawn by lot, and answers that are put straight into its tables, as many programs would write them: most tasks
have one, some two, some were taken back, some sites have none. Targets lie on and beside sites.
"""

import argparse
import csv
import json
import sqlite3
import sys
from pathlib import Path

import numpy as np

import county_at_scale

OUTCOMES = ("confirmed", "false_alarm", "legal_crop", "already_removed", "not_found", "unreachable", "revisit")
SHARES = (0.35, 0.25, 0.05, 0.1, 0.1, 0.05, 0.1)
DISPOSALS = ("self_before_maturity", "self_after", "forced", "transferred", "none", "")


def connect(path):
    """A connection that may write rows without geometry: what the triggers of the format ask for is answered."""
    store = sqlite3.connect(path)
    store.create_function("ST_IsEmpty", 1, lambda shape: shape is None)
    for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        store.create_function(name, 1, lambda shape: None)
    return store


def rows(path, sql):
    """Rows of a query as dicts."""
    store = sqlite3.connect(path)
    store.row_factory = sqlite3.Row
    found = [dict(row) for row in store.execute(sql)]
    store.close()
    return found


def answers(tasks, seed):
    """Rows of the table `checks` for tasks."""
    rng = np.random.default_rng(seed)
    checks = []

    def add(site, outcome, day, state="counted"):
        check = {
            "check_id": f"c{len(checks)}",
            "site_id": site,
            "checked_at": f"2026-{4 + day // 30:02d}-{1 + day % 30 % 28:02d}T10:00:00",
            "checker": "核查人",
            "outcome": outcome,
            "state": state,
            "flag": "conflict" if rng.random() < 0.05 else "",
            "source": "returned.csv",
            "place": f"row {len(checks)}",
            "recorded_at": "2026-06-01T00:00:00Z",
        }
        if outcome in ("confirmed", "already_removed"):
            check["disposal"] = str(rng.choice(DISPOSALS))
        if outcome == "confirmed" and rng.random() < 0.9:
            check["plants"] = float(rng.integers(1, 800))
            if rng.random() < 0.4:
                check |= {"count_method": "sample", "quadrat_n": 4, "plants_se": float(np.round(rng.uniform(1, 60), 3))}
            else:
                check |= {"count_method": "full", "plant_count": int(check["plants"])}
            check["area_m2"] = float(np.round(rng.uniform(2, 900), 2))
        checks.append(check)

    for task in tasks:
        if rng.random() < 0.1:
            continue
        is_lot = task["kind"] == "control_random"
        shares = (0.1, 0, 0, 0, 0.8, 0.1, 0) if is_lot else SHARES
        day = int(rng.integers(15, 75))
        if rng.random() < 0.1:
            add(task["site_id"], str(rng.choice(OUTCOMES, p=shares)), day + int(rng.integers(-5, 6)))
        if rng.random() < 0.05:
            add(task["site_id"], "confirmed", 80, "withdrawn")
        add(task["site_id"], str(rng.choice(OUTCOMES, p=shares)), day)
    villages = sorted({task["xzqdm"] for task in tasks if task["xzqdm"]})
    for number, village in enumerate(villages[:: max(1, len(villages) // 20)], 1):
        add(f"{village}-2026R2-F{number:03d}", "confirmed", 40)
    return checks


def insert(store, table, dicts):
    """Rows into a table, columns that a row does not name stay empty."""
    columns = list(dict.fromkeys(key for row in dicts for key in row))
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" for _ in columns)
    store.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', [[row.get(c) for c in columns] for row in dicts])


def make(tianmu, folder, villages=12, sites=400, step=None, seed=7):
    """Makes the campaign; `step(name, *command)` runs each command."""
    def run(name, *command):
        import subprocess

        done = subprocess.run([str(part) for part in command], capture_output=True, check=False, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr}")

    step = step or run
    folder = Path(folder)
    county_at_scale.write(folder, county_at_scale.Size(villages, sites))
    campaign = folder / "county.gpkg"
    campaign.unlink(missing_ok=True)
    step("new", tianmu, "campaign", "new", campaign, "--year", 2026, "--round", 2, "--county-code", "990101", "--quiet")
    with open(folder / "targets.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["target_id", "lon", "lat"])
        found = rows(folder / "sites.gpkg", 'SELECT site_id, lon, lat FROM "sites" ORDER BY site_id')
        for number, site in enumerate(found[:: max(1, len(found) // 200)]):
            writer.writerow([f"M{number:05d}", site["lon"] + (number % 8) * 1e-4, site["lat"]])
    for name, role in (("villages.gpkg", "villages"), ("grid.csv", "grid"), ("previous.gpkg", "previous"), ("targets.csv", "targets"), ("sites.gpkg", "scan")):
        step(f"import {role}", tianmu, "campaign", "import", campaign, folder / name, "--role", role)
    step("match", tianmu, "campaign", "match", campaign)
    step("tasks", tianmu, "tasks", campaign, "-o", folder / "pack", "--grades", "A,B", "--control", "20%", "--date", "2026-04-21", "--formats", "csv", "--overwrite")
    tasks = rows(campaign, "SELECT site_id, kind, xzqdm FROM tasks ORDER BY site_id")
    store = connect(campaign)
    with store:
        insert(store, "checks", answers(tasks, seed))
        refused = [{"reject_id": f"r{n}", "site_id": task["site_id"], "settled_by": "x" if n % 2 else ""} for n, task in enumerate(tasks[:9])]
        insert(store, "rejected", [row | {"source": "returned.csv", "read_at": "2026-06-01T00:00:00Z"} for row in refused])
    store.close()
    return campaign


def report(tianmu, campaign, folder, *words):
    """Makes a report and gives its figures."""
    import subprocess

    command = [tianmu, "report", campaign, "-o", folder, "--date", "2026-12-31", "--quiet", *words]
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))


def verdicts(campaign):
    """The answer that counts for each site: not taken back; who was there before who was not; the last one,
    but that a plot which was confirmed is gone later changes nothing."""
    best = {}
    for check in rows(campaign, "SELECT * FROM checks ORDER BY fid"):
        if check["state"] == "withdrawn":
            continue
        rank = (check["outcome"] != "unreachable", check["checked_at"])
        before = best.get(check["site_id"])
        pair = (before[1]["outcome"], check["outcome"]) if before else None
        if pair == ("confirmed", "already_removed"):
            continue
        if pair is None or pair == ("already_removed", "confirmed") or rank >= before[0]:
            best[check["site_id"]] = (rank, check)
    return {site: check for site, (_, check) in best.items()}


def main():
    """Makes a county of the size that the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tianmu", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--villages", type=int, default=12)
    parser.add_argument("--sites", type=int, default=400)
    args = parser.parse_args()
    print(make(args.tianmu.resolve(), args.work, args.villages, args.sites))


if __name__ == "__main__":
    main()
