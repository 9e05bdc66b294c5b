"""Intervals of `tianmu bench` are those of scipy's bootstrap over whole flights.

Seven flights, two of them with two scenes, and two models. Recall, precision and false sites per km²
of each, and the paired differences of the models, against scipy.stats.bootstrap on counts of real
scans; and without flights over scenes. A third model is worse beyond doubt, and yet nothing can be told
on five flights. What never varies has no interval.

Both sides draw 20,000 resamples. The share of resamples below an end of an interval is then off by
sqrt(0.025 · 0.975 / 20,000) = 0.0011, the difference of two such shares by 0.0016. So each end must
lie between scipy's quantiles 0.008, five of these, to either side of its own.
"""

import numpy as np
from scipy import stats

import bench_matching as matching
import bench_models
import bench_world
import common
from bench_matching import near

RESAMPLES, SHARE = 20_000, 0.008
FEWEST = 6  # Groups below which no difference is called sure.
FLIGHTS = ("A", "A", "B", "C", "D", "D", "E", "F", "G")


def recall(plots, found, sites, false, km2):
    return found / plots


def precision(plots, found, sites, false, km2):
    return (sites - false) / sites


def false_per_km2(plots, found, sites, false, km2):
    return false / km2


FIGURES = {"recall": recall, "precision": precision, "false_per_km2": false_per_km2}


def by_group(groups, outcomes):
    """Plots, found, sites, false sites and km² of each group: [5, group]."""
    names = list(dict.fromkeys(groups))
    rows = np.array([[*o.counts(), o.km2] for o in outcomes])
    return np.array([rows[np.array(groups) == name].sum(axis=0) for name in names]).T


def check(checks, what, seen, samples, statistic):
    """A measured number against scipy's interval of `statistic`, a function of sums of `samples`."""
    def of_sums(*drawn, axis):
        return statistic(*(d.sum(axis=axis) for d in drawn))

    result = stats.bootstrap(tuple(samples), of_sums, paired=True, vectorized=True, n_resamples=RESAMPLES, method="percentile", rng=5)
    drawn = result.bootstrap_distribution
    value = statistic(*samples.sum(axis=1))
    checks.that(near(seen["value"], value), f"{what}: value", f"{seen['value']} against {value}")
    for key, share in (("low", 0.025), ("high", 0.975)):
        low, high = np.quantile(drawn, [share - SHARE, share + SHARE])
        checks.that(low - 1e-12 <= seen[key] <= high + 1e-12, f"{what}: {key}", f"{seen[key]}, wanted {low} to {high}")
    own = result.confidence_interval
    print(f"{what}: {seen['value']:.6g}, {seen['low']:.6g} to {seen['high']:.6g}; scipy {own.low:.6g} to {own.high:.6g}")


def check_models(checks, report, samples):
    for model, sample in zip(report["models"], samples):
        for key, statistic in FIGURES.items():
            check(checks, f"{model['name']}, {key}", model["site"][key], sample, statistic)


def check_differences(checks, report, samples):
    names = {"site recall": (recall, True), "false sites per km2": (false_per_km2, False)}
    both = np.concatenate(samples)
    for measure, (statistic, more_is_better) in names.items():
        rows = [d for d in report["differences"] if d["measure"] == measure]
        checks.equal([(d["first"], d["second"]) for d in rows], [tuple(m["name"] for m in report["models"])], f"{measure}: pairs")
        seen = rows[0]["difference"]
        check(checks, f"difference of {measure}", seen, both, lambda *sums, s=statistic: s(*sums[5:]) - s(*sums[:5]))
        wanted = "cannot tell"
        if (seen["low"] > 0 or seen["high"] < 0) and samples[0].shape[1] >= FEWEST:
            wanted = "second is better" if (seen["low"] > 0) == more_is_better else "first is better"
        checks.equal(rows[0]["verdict"], wanted, f"{measure}: verdict")


def check_doubtless(args, checks, scene_list, models, outcomes):
    """A difference whose interval leaves out zero: a verdict on all flights, none on too few."""
    words = ("--resamples", RESAMPLES)
    for name, flights in (("many", "ABCDEFG"), ("few", "ABCDE")):
        chosen = [k for k, s in enumerate(scene_list) if s.flight in flights]
        dataset = bench_world.dataset(args.work / name, [scene_list[k] for k in chosen])
        report = matching.bench(args, dataset, models, *words)
        own = [FLIGHTS[k] for k in chosen]
        check_differences(checks, report, [by_group(own, [found[k] for k in chosen]) for found in outcomes])
        row = next(d for d in report["differences"] if d["measure"] == "site recall")
        checks.that(row["difference"]["high"] < 0, f"{name} flights: the interval leaves out zero", str(row))
        checks.equal(row["verdict"], "first is better" if name == "many" else "cannot tell", f"{name} flights: verdict")


def check_unvarying(args, checks, dataset, model):
    """Where no resample gives anything else, there is no interval."""
    site = matching.bench(args, dataset, [model], "--threshold", 0.999)["models"][0]["site"]
    for key in ("recall", "false_per_km2"):
        checks.equal(site[key], {"value": 0.0, "low": None, "high": None}, f"{key} of a model that finds nothing")


def main():
    args, checks = common.start("bench_intervals", __doc__.splitlines()[0])
    # Flights differ in how faint their plots are, so that intervals have a width.
    scene_list = [
        bench_world.make(args.work / "scenes", f"s{k}", flight, 60 + k, size=(180, 240), faint=(0.15 + 0.05 * (ord(flight) - 65), 0.9))
        for k, flight in enumerate(FLIGHTS)
    ]
    models = [
        bench_models.segmenter(args.work / "first"),
        bench_models.segmenter(args.work / "second", sharpness=9.0, blur=9, threshold=0.4),
    ]
    outcomes = [matching.outcomes(checks, matching.scans(args, f"scan_{m.name}", scene_list, m), scene_list) for m in models]

    dataset = bench_world.dataset(args.work / "set", scene_list)
    words = ("--resamples", RESAMPLES)
    report = matching.bench(args, dataset, models, *words)
    checks.equal((report["dataset"]["group_unit"], report["dataset"]["groups"]), ("flight", 7), "groups")
    checks.equal(report["method"]["bootstrap"], RESAMPLES, "resamples")
    samples = [by_group(FLIGHTS, found) for found in outcomes]
    check_models(checks, report, samples)
    check_differences(checks, report, samples)

    checks.equal(strip(matching.bench(args, dataset, models, *words)), strip(report), "the same seed gives the same report")
    check_unvarying(args, checks, dataset, models[0])
    worse = bench_models.segmenter(args.work / "worse", threshold=0.9)
    scans = matching.scans(args, "scan_worse", scene_list, worse)
    check_doubtless(args, checks, scene_list, [models[0], worse], [outcomes[0], matching.outcomes(checks, scans, scene_list)])
    other = matching.bench(args, dataset, models[:1], *words, "--seed", 2)["models"][0]["site"]["recall"]
    check(checks, "first, recall with another seed", other, samples[0], recall)

    # One scene without a flight is enough for scenes to be resampled.
    unknown = [s if k else bench_world.without_flight(s) for k, s in enumerate(scene_list)]
    report = matching.bench(args, bench_world.dataset(args.work / "scenes_only", unknown), models[:1], *words)
    checks.equal((report["dataset"]["group_unit"], report["dataset"]["groups"]), ("scene", len(FLIGHTS)), "groups without flights")
    check_models(checks, report, [by_group(range(len(FLIGHTS)), outcomes[0])])

    one = [scene for scene in scene_list if scene.flight == "A"]
    site = matching.bench(args, bench_world.dataset(args.work / "one", one), models[:1])["models"][0]["site"]
    checks.equal([site[key][end] for key in FIGURES for end in ("low", "high")], [None] * 6, "a single flight has no intervals")
    checks.finish()


def strip(report):
    return {**report, "made": ""}


main()
