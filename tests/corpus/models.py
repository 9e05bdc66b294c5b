"""Foreign models: every one is understood as its metadata tell and scans, or is refused with a hint.

Scores and values must equal a tiled run in Python, for all heads and also where a model answers for
less than it sees. A network of the field mosaic gives the same on every device there is.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
import common
from measured import measure

IMAGE = "geotiffs/dummy_fotomap_small.tif"
OVERLAP, PEAK_MIB = 128, 1024
FINDS_NO_SITES = ("dummy_recognition_model.onnx", "dummy_superresolution_model.onnx")
REFUSED = (1, 2, 3)


class Foreign:
    """A model with what its file says, read without tianmu."""

    def __init__(self, path, folder):
        self.path, self.name = path, str(path.relative_to(folder))
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        told = self.session.get_modelmeta().custom_metadata_map
        self.told = {k: json.loads(v) for k, v in told.items()}
        self.usable = path.name not in FINDS_NO_SITES
        self.regression = self.told.get("model_type") == "Regressor"
        self.shapes = [o.shape for o in self.session.get_outputs()]

    @property
    def names(self):
        """Class names by output, as Deepness means them: one class is what is not background.

        A name that an earlier output has already gets a number.
        """
        told = self.told.get("class_names")
        heads = [list(h.values()) for h in (told if isinstance(told, list) else [told])] if told else []
        for shape in self.shapes[len(heads) :]:
            heads.append(["class_0", "class_1"] if len(shape) == 4 and shape[1] == 2 else ["target"])
        heads = [h if len(h) > 1 else ["background", *h] for h in heads]
        taken = []
        for head in heads:
            for place, name in enumerate(head):
                head[place] = f"{name} ({1 + taken.count(name)})" if name in taken else name
                taken.append(name)
        return heads

    def tiled(self, image):
        """All outputs over the whole image, [channel, row, col]; a list with an array by output.

        Tiles are moved inside at the edge; cores meet in the middle of the overlap. Around the
        image, where a margin of a tile reaches beyond, there is nothing.
        """
        size, inner = self.session.get_inputs()[0].shape[-1], self.shapes[0][-1]
        margin = (size - inner) // 2
        padded = np.pad(image, ((0, 0), (margin, margin), (margin, margin)))
        name, out = self.session.get_inputs()[0].name, None
        for top, row, row_end in axis(image.shape[1], inner):
            for left, col, col_end in axis(image.shape[2], inner):
                chip = padded[:, top : top + size, left : left + size]
                answers = self.session.run(None, {name: (chip[None] / np.float32(255)).astype(np.float32)})
                answers = [a.reshape(-1, inner, inner) for a in answers]
                out = out or [np.empty((len(a), *image.shape[1:]), np.float32) for a in answers]
                for whole, part in zip(out, answers):
                    whole[:, row:row_end, col:col_end] = part[
                        :, row - top : row_end - top, col - left : col_end - left
                    ]
        return out


def axis(length, size):
    """Where tiles begin, and where what each answers for begins and ends."""
    origins = [*range(0, length - size, size - OVERLAP), length - size]
    inner = [o + size - OVERLAP // 2 for o in origins[:-1]]
    return list(zip(origins, [0, *inner], [*inner, length]))


class Subject:
    """The image, and how a model is run on it."""

    def __init__(self, args, checks):
        self.args, self.checks = args, checks
        self.path = Path(args.corpus) / IMAGE
        with rasterio.open(self.path) as raster:
            image, self.valid = raster.read([1, 2, 3]), raster.dataset_mask() > 0
            self.gsd = raster.transform.a
        self.image = np.where(self.valid, image, 0)

    def run(self, what, wanted, *words):
        """Runs tianmu; whatever comes of it, no accident, and a hint with each error."""
        done = measure([self.args.tianmu, *words], 120, self.args.work)
        self.checks.that(not done.accident, f"{what}: no accident", f"{done.accident}\n{done.err[-800:]}")
        self.checks.that(done.code in wanted, f"{what}: exit code", f"{done.code}\n{done.err[-400:]}")
        self.checks.that(not done.code or "hint:" in done.text, f"{what}: there is a hint", done.err[-400:])
        self.checks.at_most(done.peak_mib, PEAK_MIB, f"{what}: peak memory in MiB")
        return done

    def scan(self, what, wanted, model, *words):
        words = ["--gsd", self.gsd, "--overlap", OVERLAP, "--quiet", *words]
        return self.run(f"scan {what}", wanted, "scan", self.path, "--model", model, *words)

    def difference(self, file, wanted):
        """The largest difference between a raster and arrays where the image is valid; and its bands' names."""
        if not file.exists():
            return float("inf"), ()
        with rasterio.open(file) as raster:
            seen, names = raster.read(), raster.descriptions
        if seen.shape != wanted.shape:
            return float("inf"), names
        largest = abs(seen - wanted)[:, self.valid].max()
        return (float(largest) if np.isfinite(largest) else float("inf")), names


def check_inspect(subject, model):
    checks, what = subject.checks, f"inspect {model.name}"
    done = subject.run(what, (0,) if model.usable else REFUSED, "inspect", model.path)
    checks.that(model.path.name in done.text, f"{what}: the model is named", done.text[-400:])
    if not model.usable or done.code:
        return print(f"{model.name}: refused: {done.reason[-150:]}")
    done = subject.run(what, (0,), "inspect", model.path, "--json")
    settings = {s["name"]: s for s in json.loads(done.out)["models"][0]["settings"]}
    task = "regression" if model.regression else "segmentation"
    checks.equal(settings["task"]["value"], task, f"{what}: task")
    source = "metadata" if "model_type" in model.told else "shape"
    checks.equal(settings["task"]["source"], source, f"{what}: source of the task")
    if model.regression:
        scaling = str(model.told["reg_output_scaling"])
        checks.equal(settings["output-scaling"]["value"], scaling, f"{what}: output scaling")
        return
    names = ", ".join(n for head in model.names for n in head)
    checks.equal(settings["class-names"]["value"], names, f"{what}: class names")
    source = "metadata" if "class_names" in model.told else "default"
    checks.equal(settings["class-names"]["source"], source, f"{what}: source of the class names")


def check_sites(subject, model, folder):
    """The heatmap has a band for each class but the first of each head."""
    outputs = ["-o", folder / "sites.gpkg", "--heatmap", folder / "heat.tif"]
    done = subject.scan(model.name, (0,), model.path, *outputs)
    scores = model.tiled(subject.image)
    wanted = np.concatenate([s[-(len(names) - 1) :] for s, names in zip(scores, model.names)])
    difference, bands = subject.difference(folder / "heat.tif", wanted)
    subject.checks.at_most(difference, 1e-4, f"scan {model.name}: largest difference of scores")
    foreground = tuple(n for names in model.names for n in names[1:])
    subject.checks.equal(bands, foreground, f"scan {model.name}: names of the bands")
    report(model, done, f"{len(wanted)} bands of scores", difference)


def check_values(subject, model, folder, *words):
    """Values of all outputs, times the factor that the metadata tell."""
    what = " ".join([model.name, *words])
    done = subject.scan(what, (0,), model.path, "-o", folder / "values.tif", *words)
    wanted = np.concatenate(model.tiled(subject.image)) * model.told.get("reg_output_scaling", 1)
    difference, _ = subject.difference(folder / "values.tif", wanted)
    subject.checks.at_most(difference, 1e-4, f"scan {what}: largest difference of values")
    report(model, done, f"{len(wanted)} bands of values", difference)
    if not model.regression:
        return
    # At the resolution that the metadata tell.
    words = ["scan", subject.path, "--model", model.path, "-o", folder / "coarse.tif", "--quiet"]
    if subject.run(f"scan {what} as told", (0,), *words).code == 0:
        with rasterio.open(folder / "coarse.tif") as raster:
            off = abs(raster.transform.a / (model.told["resolution"] / 100) - 1)
            subject.checks.at_most(off, 0.01, f"scan {what} as told: pixel size")
            subject.checks.that(np.isfinite(raster.read()).any(), f"scan {what} as told: there are values")


def check_refused(subject, model, folder):
    for output in ("sites.gpkg", "values.tif"):
        subject.scan(model.name, REFUSED, model.path, "-o", folder / output)
        subject.checks.that(not (folder / output).exists(), f"scan {model.name}: nothing is written")


def report(model, done, what, difference):
    print(
        f"{model.name}: {what}, differ by at most {difference:.1e}; {done.seconds:.1f} s, {done.peak_mib:.0f} MiB",
        flush=True,
    )


def check_devices(subject):
    """One scan of a trained network for each word; what the library lacks is an error of the settings."""
    network, seen = Path(subject.args.corpus) / "field_mosaic/potato_weed_unet.onnx", {}
    for device, wanted in (("cpu", 0), ("auto", 0), ("cuda", 2)):
        sites = subject.args.work / f"{device}.geojson"
        outputs = ["-o", sites, "--heatmap", sites.with_suffix(".tif"), "--device", device]
        done = subject.scan(f"network on {device}", (wanted,), network, *outputs)
        print(
            f"network on {device}: exit code {done.code} after {done.seconds:.1f} s {done.reason[:120]}",
            flush=True,
        )
        if done.code == 0:
            seen[device] = [sites.read_bytes(), sites.with_suffix(".tif").read_bytes()]
            count = len(json.loads(seen[device][0])["features"])
            subject.checks.that(count > 0, f"network on {device}: there are sites")
        else:
            subject.checks.that("cuda" in done.err, f"network on {device}: the device is named", done.err)
            subject.checks.that(not sites.exists(), f"network on {device}: nothing is written")
    subject.checks.that(seen.get("cpu") == seen.get("auto"), "auto without a card gives what cpu gives")


def main():
    args, checks = common.start("models", __doc__.splitlines()[0], corpus_needed=True)
    subject = Subject(args, checks)
    folder = Path(args.corpus) / "models"
    paths = sorted(folder.rglob("*.onnx"))
    checks.that(len(paths) >= 16, "the corpus is complete", f"{len(paths)} models")
    for number, path in enumerate(paths):
        model, own = Foreign(path, folder), args.work / f"scan_{number}"
        own.mkdir()
        check_inspect(subject, model)
        if not model.usable:
            check_refused(subject, model, own)
        elif model.regression:
            check_values(subject, model, own)
        else:
            check_sites(subject, model, own)
            if "regression" in path.parent.name:
                check_values(subject, model, own, "--task", "regression")
    check_devices(subject)
    print(f"{len(paths)} models")
    checks.finish()


main()
