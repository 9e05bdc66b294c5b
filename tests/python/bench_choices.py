"""What `tianmu bench` chooses, writes back and refuses is what its figures say.

Limits choose the row they ask for; --write-threshold changes that key of the sidecar alone, and a scan
takes it; --write-calibration writes scikit-learn's curves, and a scan's probabilities are those of the
curve; --baseline tells both reports' figures; --fail-under ends with 1 where a figure is worse.
"""

import json
import shutil

import numpy as np
from scipy import optimize
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

import bench_matching as matching
import bench_models
import bench_world
import common
from bench_matching import near

CLASSES = bench_world.CLASSES
LOW = 0.2  # So that there are false sites to learn from.
LOWEST = 0.01  # The lowest threshold of the sweep, at which a detector's objects are rated.
ROUNDING = 6e-7  # Of scores in tables, which have six decimals.
# They need all their digits, or lie at the ends of what a number can be.
NUMBERS = [0.1 + 0.2, 1 / 3, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308, 9007199254740993, 0.3, 1.0, 7, -0.0, 8.41e-10, 122416294033786585e-17]


def item_of(model):
    return json.loads((model / "model.json").read_text(encoding="utf-8"))


def copy_of(model, name):
    return shutil.copytree(model, model.with_name(name))


def check_only(checks, what, key, before, after):
    """Of a sidecar only one key was changed, to the last digit of all others."""
    (was, now), whole = (item["properties"] for item in (before, after)), (before, after)
    other = [k for k in {**was, **now} if k != key and was.get(k) != now.get(k)]
    checks.equal([(k, was.get(k), now.get(k)) for k in other], [], f"{what}: other keys that were changed")
    checks.equal([k for k in now if k in was], list(was), f"{what}: keys and their order")
    rest = [{k: v for k, v in item.items() if k != "properties"} for item in whole]
    checks.equal(rest[1], rest[0], f"{what}: what is not a property")


# ---- Thresholds -----------------------------------------------------------------------------------


def wanted_row(rows, crop, most=None, least=None):
    """The row of a class that keeps a limit best; of equals that of the highest threshold."""
    own = [r for r in rows if r["class"] == crop and r["threshold"] is not None]
    if most is not None:
        kept = [r for r in own if r["false_per_km2"] <= most and r["found"] > 0]
        return max(kept, key=lambda r: (r["found"], r["threshold"]), default=None)
    kept = [r for r in own if r["recall"] >= least]
    return min(kept, key=lambda r: (r["false_sites"], -r["threshold"]), default=None)


def check_limits(args, checks, dataset, model):
    cases = [("--max-false-per-km2", {"most": most}) for most in (0, 9000)] + [("--min-recall", {"least": least}) for least in (0.7, 1.0)]
    none = 0
    for word, limit in cases:
        value = next(iter(limit.values()))
        own = matching.bench(args, dataset, [model], word, value)["models"][0]
        checks.equal([c["class"] for c in own["choices"]], list(CLASSES), f"{word} {value}: classes")
        for choice in own["choices"]:
            wanted = wanted_row(own["thresholds"], choice["class"], **limit)
            checks.equal(choice["row"], wanted, f"{word} {value}: the row of {choice['class']}")
            checks.equal(choice["written_to"], None, f"{word} {value}: nothing is written")
            if value == 0:
                none += choice["row"] is None
    checks.that(none > 0, "no threshold that finds something keeps a limit of no false sites")
    print(f"{len(cases)} limits", flush=True)


def check_written_threshold(args, checks, scene_list, dataset, model):
    written = copy_of(model, "written")
    before = item_of(written)
    before["properties"]["example:numbers"] = NUMBERS
    (written / "model.json").write_text(json.dumps(before), encoding="utf-8")
    limit = ("--max-false-per-km2", 9000, "--write-threshold")
    own = matching.bench(args, dataset, [written], *limit)["models"][0]
    after = item_of(written)
    thresholds = {c["class"]: c["row"]["threshold"] for c in own["choices"]}
    checks.equal(after["properties"]["tianmu:threshold"], thresholds, "written thresholds")
    checks.that(len(set(thresholds.values())) == len(CLASSES), "thresholds of the classes differ", str(thresholds))
    checks.equal([c["written_to"] for c in own["choices"]], [str(written / "model.json")] * 2, "where thresholds were written")
    check_only(checks, "written thresholds", "tianmu:threshold", before, after)
    seen = after["properties"]["example:numbers"]
    checks.equal([repr(n) for n in seen], [repr(n) for n in NUMBERS], "numbers that are hard to write")

    given = ",".join(f"{n}={t}" for n, t in thresholds.items())
    for k, scene in enumerate(scene_list[:2]):
        seen = matching.scan(args, f"written_{k}", [scene.path], written).layer()
        wanted = matching.scan(args, f"given_{k}", [scene.path], model, "--threshold", given).layer()
        columns = ["class", "prob", "area_m2", "geometry"]
        same = len(seen) > 3 and seen[columns].equals(wanted[columns])
        checks.that(same, f"{scene.name}: a scan takes the written thresholds", f"{len(seen)}, {len(wanted)}")
    print(f"written thresholds {thresholds}", flush=True)


# ---- Calibration ----------------------------------------------------------------------------------


def check_isotonic(checks, what, curve, scores, right):
    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, right)
    seen = np.array(curve["points"])
    wanted = np.column_stack([model.X_thresholds_, model.y_thresholds_])
    if checks.equal(seen.shape, wanted.shape, f"{what}: points of the curve"):
        checks.at_most(abs(seen[:, 0] - wanted[:, 0]).max(), ROUNDING, f"{what}: scores of the points")
        checks.at_most(abs(seen[:, 1] - wanted[:, 1]).max(), 1e-9, f"{what}: probabilities of the points")
    print(f"{what}: {len(seen)} points as scikit-learn's", flush=True)


def check_platt(checks, what, curve, scores, right):
    """Against scikit-learn, and against the least loss that a root of its gradient gives."""
    model = _SigmoidCalibration().fit(scores, right)
    seen = expit(curve["slope"] * scores + curve["offset"])
    apart = abs(seen - model.predict(scores)).max()
    checks.at_most(apart, 5e-6, f"{what}: probabilities against scikit-learn's")
    positives, negatives = right.sum(), (~right).sum()
    target = np.where(right, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def slopes(at):
        off = expit(at[0] * scores + at[1]) - target
        return [off @ scores, off.sum()]

    best = optimize.root(slopes, [-model.a_, -model.b_], tol=1e-12)
    checks.at_most(max(abs(v) for v in slopes(best.x)), 1e-6, f"{what}: the least loss is found")
    off = abs(seen - expit(best.x[0] * scores + best.x[1])).max()
    # The scores themselves are rounded.
    checks.at_most(off, 5e-6, f"{what}: probabilities against those of the least loss")
    told = f"slope {curve['slope']:.4f}, offset {curve['offset']:.4f}"
    print(f"{what}: {told}; {apart:.1e} from scikit-learn, {off:.1e} from the least loss", flush=True)


def applied(curve, scores):
    if curve["method"] == "platt":
        return expit(curve["slope"] * scores + curve["offset"])
    return np.interp(scores, *np.array(curve["points"]).T)


def unrounded(curve, scores):
    """Scores that the curve was fitted to, as far as its points tell them."""
    if curve["method"] == "platt":
        return scores
    points = np.array(curve["points"])[:, 0]
    nearest = points[abs(scores[:, None] - points).argmin(axis=1)]
    return np.where(abs(scores - nearest) <= ROUNDING, nearest, scores)


def rated(outcomes, crop):
    """Scores of a class's sites, and which are right."""
    own = [np.asarray(o.sites.table["class"] == crop) for o in outcomes]
    return np.concatenate([o.sites.table["prob"][k] for o, k in zip(outcomes, own)]), np.concatenate([o.true[k] for o, k in zip(outcomes, own)])


def expected_error(scores, right):
    place = np.clip(np.searchsorted(np.arange(11) / 10, scores, side="right") - 1, 0, 9)
    return sum(abs((scores - right)[place == k].sum()) for k in range(10)) / len(scores)


def check_calibration(args, checks, scene_list, dataset, model, method, results, *words):
    """`results` are scans without calibration that show, by `words`, all sites that are rated."""
    name = f"{model.name}, {method}"
    written = copy_of(model, f"{model.name}-{method}")
    before = item_of(written)
    matching.bench(args, dataset, [written], "--write-calibration", method)
    after = item_of(written)
    check_only(checks, name, "tianmu:calibration", before, after)
    curves = after["properties"]["tianmu:calibration"]
    checks.equal(set(curves), set(CLASSES), f"{name}: classes")
    outcomes = matching.outcomes(checks, results, scene_list)
    for crop, curve in curves.items():
        check = {"isotonic": check_isotonic, "platt": check_platt}[method]
        checks.equal(curve["method"], method, f"{name}, {crop}: method")
        check(checks, f"{name}, {crop}", curve, *rated(outcomes, crop))

    for scene, raw in zip(scene_list[:2], results):
        raw, seen = raw.layer(), matching.scan(args, f"{written.name}_{scene.name}", [scene.path], written, *words).layer()
        columns = ["class", "prob_max", "geometry"]
        same = len(raw) > 5 and raw[columns].equals(seen[columns])
        if not checks.that(same, f"{name}: the same sites of {scene.name}"):
            continue
        for crop, curve in curves.items():
            own = raw["class"] == crop
            low, high = (applied(curve, raw["prob"][own].to_numpy() + side) for side in (-ROUNDING, ROUNDING))
            fits = (low - ROUNDING <= seen["prob"][own]) & (seen["prob"][own] <= high + ROUNDING)
            checks.that(fits.all(), f"{name}: probabilities of {crop} in {scene.name}", f"{(~fits).sum()} of {own.sum()}")
    seen = matching.bench(args, dataset, [written])["models"][0]["calibration"]
    of_class = {crop: rated(outcomes, crop) for crop in CLASSES}
    scores = np.concatenate([applied(curves[n], unrounded(curves[n], s)) for n, (s, _) in of_class.items()])
    right = np.concatenate([r for _, r in of_class.values()])
    checks.that(seen["calibrated"], f"{name}: the report says that scores are calibrated")
    checks.at_most(abs(seen["ece"]["value"] - expected_error(scores, right)), 1e-5, f"{name}: expected calibration error")
    return seen["ece"]["value"]


def check_too_few(args, checks, scene_list, model):
    """Classes with too little to learn from stay as they are."""
    written = copy_of(model, "too-few")
    before = (written / "model.json").read_bytes()
    one = bench_world.dataset(args.work / "one", scene_list[:1])
    own = matching.bench(args, one, [written], "--write-calibration", "platt", "--threshold", 0.9)["models"][0]
    checks.equal((written / "model.json").read_bytes(), before, "too few sites: the sidecar stays")
    told = [n for n in own["notes"] if "scores were not fitted" in n]
    checks.equal([any(f"`{c}`" in n for n in told) for c in CLASSES], [True, True], "too few sites: a note for each class")


def check_refusals(args, checks, dataset, model):
    """Nothing is written where both are asked for, or where no report can be."""
    written = copy_of(model, "refused")
    before = (written / "model.json").read_bytes()
    limit = ("--max-false-per-km2", 9000, "--write-threshold")
    taken = args.work / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine", encoding="utf-8")
    for words in ((*limit, "--write-calibration", "platt"), (*limit, "-o", taken)):
        run = common.tianmu(args, "bench", dataset, "--model", written, "--repeats", 0, "--quiet", *words, wanted=(1, 2))
        checks.that(run.err.startswith("error"), f"{words[-2]}: refused", run.err)
    checks.equal((written / "model.json").read_bytes(), before, "a refused benchmark writes no sidecar")


# ---- Reports --------------------------------------------------------------------------------------


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def figures(model):
    """The figures that models are compared by, as the documentation of the report has them."""
    tiles = model["tile"]["classes"]
    return {
        "site_recall": model["site"]["recall"]["value"],
        "site_precision": model["site"]["precision"]["value"],
        "site_f1": model["site"]["f1"]["value"],
        "false_per_km2": model["site"]["false_per_km2"]["value"],
        **{f"recall_at_{n}": model["site"][f"recall_at_{n}"]["value"] for n in (1, 5, 20)},
        **{f"tile_{k}": mean(t[k]["value"] for t in tiles) for k in ("f1", "pr_auc", "roc_auc")},
        "mean_iou": model["pixel"]["mean_iou"]["value"],
        "ap50": model["object"]["ap50"]["value"],
        "ap50_95": model["object"]["ap50_95"]["value"],
        "ece": model["calibration"]["ece"]["value"],
        "count_error": abs(model["site"]["count"]["relative"]),
    }


def check_baseline(args, checks, scene_list, dataset, model):
    folder = args.work / "report"
    before = matching.bench(args, dataset, [model], "-o", folder)
    written = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    checks.equal(written, before, "report.json is what --json prints")
    checks.equal(sorted(p.name for p in folder.iterdir()), ["index.html", "models.csv", "report.json", "thresholds.csv"], "files of a report")
    now = matching.bench(args, dataset, [model], "--baseline", folder / "report.json", "--threshold", 0.7)
    old, new = (figures(r["models"][0]) for r in (before, now))
    changes = {c["measure"]: (c["before"], c["now"]) for c in now["baseline"]["changes"]}
    checks.equal(set(changes), set(old), "baseline: figures that are compared")
    for key in old:
        fits = all(near(seen, wanted) for seen, wanted in zip(changes.get(key, (None, None)), (old[key], new[key])))
        checks.that(fits, f"baseline: {key}", f"{changes.get(key)}, wanted {old[key]}, {new[key]}")
    checks.equal(now["baseline"]["notes"], [f"`{model.name}` is run with other settings than before: threshold"], "baseline: other settings are told")
    same = matching.bench(args, dataset, [model], "--baseline", folder / "report.json")["baseline"]
    checks.equal(same["notes"], [], "baseline: nothing stands in the way")
    checks.equal([c["now"] for c in same["changes"]], [c["before"] for c in same["changes"]], "baseline: nothing changed")
    checks.equal(now["baseline"]["made"], before["made"], "baseline: when the earlier report was made")
    print(f"baseline: site recall {changes['site_recall']}, mean IoU {changes['mean_iou']}", flush=True)

    fewer = bench_world.dataset(args.work / "fewer", scene_list[:1])
    less = [bench_world.with_plots(s, s.plots[1:].reset_index(drop=True)) for s in scene_list[:2]]
    less = bench_world.dataset(args.work / "less", less)
    other = copy_of(bench_models.segmenter(args.work / "other" / model.name, sharpness=8.0, threshold=LOW), "segmenter-8")
    not_those = "the scenes, or what is known on them, are not those of the earlier report"
    cases = (
        ("scenes", not_those, fewer, model),
        ("truth", not_those, less, model),
        ("model", f"`{model.name}` is another file than before", dataset, other),
    )
    for what, told, data, subject in cases:
        if what == "model":  # Under the name of the one before.
            item = item_of(subject)
            item["properties"]["mlm:name"] = model.name
            (subject / "model.json").write_text(json.dumps(item), encoding="utf-8")
        notes = matching.bench(args, data, [subject], "--baseline", folder / "report.json")["baseline"]["notes"]
        checks.equal(notes, [told], f"baseline: other {what} are told")
    return old


def check_limits_of_figures(args, checks, dataset, model, known):
    """Exit code 0 where figures keep to their limits, 1 where one does not, 2 where a limit is none."""
    lower_is_better = {"false_per_km2", "ece", "count_error"}
    kept, broken = [], []
    for key, value in known.items():
        worse = -1 if key in lower_is_better else 1
        kept += ["--fail-under", f"{key}={value + worse * -1e-9:.12f}"]
        broken.append((key, ["--fail-under", f"{key}={value + worse * 1e-6:.12f}"]))
    one = ["--fail-under", f"{model.name}:site_recall=0.01"]
    matching.bench(args, dataset, [model], *kept, *one)
    for key, words in (broken[3], broken[-1]):
        report = matching.bench(args, dataset, [model], *kept, *words, wanted=(1,))
        checks.equal(figures(report["models"][0])[key], known[key], f"--fail-under {key}: the report is printed all the same")
    command = ["bench", dataset, "--model", model, "--repeats", 0, "--quiet", *matching.SETTINGS]
    told = common.tianmu(args, *command, *broken[0][1], wanted=(1,)).err
    checks.that("site_recall" in told and model.name in told, "--fail-under names the figure and the model", told)
    common.tianmu(args, *command, "--fail-under", "no_such=1", wanted=(2,))
    common.tianmu(args, *command, "--fail-under", "nobody:ap50=0.1", wanted=(2,))
    checks.that(True, "--fail-under ends with 0, 1 and 2")


def main():
    args, checks = common.start("bench_choices", __doc__.splitlines()[0])
    scene_list = bench_world.campaign(args.work / "scenes", hole=False, size=(260, 340), faint=(0.2, 0.95))
    dataset = bench_world.dataset(args.work / "set", scene_list)
    segmenter = bench_models.segmenter(args.work / "models" / "segmenter", threshold=LOW)
    detector = bench_models.detector(args.work / "models" / "detector")
    few = bench_world.dataset(args.work / "few", scene_list[:2])
    check_limits(args, checks, few, segmenter)
    check_written_threshold(args, checks, scene_list, dataset, segmenter)
    three = bench_world.dataset(args.work / "three", scene_list[:3])
    for model, words, data, shown in ((segmenter, (), dataset, scene_list), (detector, ("--threshold", LOWEST), three, scene_list[:3])):
        results = matching.scans(args, f"raw_{model.name}", shown, model, *words)
        errors = {method: check_calibration(args, checks, shown, data, model, method, results, *words) for method in ("isotonic", "platt")}
        own = matching.bench(args, data, [model])["models"][0]["calibration"]["ece"]["value"]
        checks.that(max(errors.values()) < own, f"{model.name}: calibration makes the error less", f"{errors}, {own} before")
    check_too_few(args, checks, scene_list, segmenter)
    check_refusals(args, checks, few, segmenter)
    known = check_baseline(args, checks, scene_list, few, segmenter)
    check_limits_of_figures(args, checks, few, segmenter, known)
    checks.finish()


main()
