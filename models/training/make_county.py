"""Writes the sample county, samples/ridge-county: two rounds of imagery of the same ground with their truth, and the layers of a county office.

Run from the repository's root: `python3 models/training/make_county.py`. Everything in it is invented.
"""

import argparse
import csv
from pathlib import Path

import county_ground
import county_layers
import county_rounds

PHENOLOGY = """\
# When the plants of the synthetic county stand how: invented, like everything in this folder. The program's own table
# is src/campaign/phenology.toml, by which no plant here would be in flower before April.

[[window]]
region = "天目县 (synthetic)"
crop = "opium_poppy"
stage = "bud"
lat_min = 24.6
lat_max = 24.9
elev_min_m = 1500
elev_max_m = 2300
start = "03-01"
end = "04-20"
source = "invented for this sample"

[[window]]
region = "天目县 (synthetic)"
crop = "opium_poppy"
stage = "flower"
lat_min = 24.6
lat_max = 24.9
elev_min_m = 1500
elev_max_m = 2300
start = "03-15"
end = "05-10"
source = "invented for this sample"

[[window]]
region = "天目县 (synthetic)"
crop = "cannabis"
stage = "vegetative"
lat_min = 24.6
lat_max = 24.9
elev_min_m = 1500
elev_max_m = 2300
start = "04-10"
end = "08-10"
source = "invented for this sample"
"""


def write_changes(path, grounds):
    """`changes.csv`: what stood at each place on either day, and what became of it."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "crop", "setting", "round1", "round2", "change"])
        for ground in grounds:
            before, after = (stage or "bare" for stage in ground.stages)
            writer.writerow([ground.name, ground.plan.crop, ground.plan.setting, before, after, ground.change])


def main():
    """Renders both rounds and writes the layers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("samples/ridge-county"))
    parser.add_argument("--layers-only", action="store_true", help="keep the imagery and truth that are there")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if not args.layers_only:
        closed = county_rounds.closed_ground()
        for this in county_rounds.ROUNDS:
            for name, plot in county_rounds.write_round(args.out, this, closed):
                area_m2 = plot.mask.sum() * county_rounds.GSD_M**2
                print(f"round {this.number}: {name} {plot.plan.crop} {plot.plan.stage} {plot.plan.setting} {area_m2:.1f} m2, {plot.n_plants} plants", flush=True)
        write_changes(args.out / "changes.csv", county_rounds.GROUNDS)
    terrain, houses = county_rounds.lay_of_the_land()
    lines = county_ground.Lines(terrain)
    relief = county_ground.Relief(lines)
    plots = county_layers.outlines_on_map(args.out / "round1-truth.geojson")
    clearings = [plot.Buffer(1.5, 4) for plot in plots.values()]
    county_layers.write_villages(args.out)
    county_layers.write_grid(args.out)
    county_layers.write_surroundings(args.out, lines, relief, terrain, houses, clearings)
    county_layers.write_history(args.out, plots)
    county_layers.write_licences(args.out, plots)
    county_layers.write_reports(args.out, plots)
    (args.out / "phenology.toml").write_text(PHENOLOGY, encoding="utf-8")


if __name__ == "__main__":
    main()
