"""The training kit's calibration and quantisation keep what they promise, without torch.

A scale and an offset folded into a network equal those applied to its output; a distortion put on the
logits is found and undone; the INT8 twin of the committed models runs in 8 bits and hardly differs;
wrong inputs are refused with file, what was seen, what was wanted and a hint.
"""

import json
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import common

KIT = common.REPOSITORY / "models/training"
sys.path.insert(0, str(KIT))

import calibrate  # noqa: E402
from onnx_tools import contract, fold, reliability, scenes, sessions  # noqa: E402

SCALE, OFFSET = np.array([0.7, 1.3, 2.0]), np.array([0.1, -0.4, 0.3])


def answer(model, image):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: image})[0]


def one_layer(rng, **attributes):
    """A network of one Gemm with weights `[class, 5]` or `[5, class]`, its bias shared with an unused sum."""
    weight = rng.random((3, 5) if attributes.get("transB") else (5, 3), dtype=np.float32)
    bias = np.float32([1, 2, 3])
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["image", "weight", "bias"], ["logits"], **attributes), helper.make_node("Add", ["bias", "bias"], ["unused"])],
        "one layer",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 5])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3]), helper.make_tensor_value_info("unused", TensorProto.FLOAT, [3])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def spread(rng, mode):
    """A network whose last layer makes four pixels of three classes at once."""
    weight = rng.random((12, 3, 3, 3), dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weight"], ["thick"], pads=[1] * 4), helper.make_node("DepthToSpace", ["thick"], ["logits"], blocksize=2, mode=mode)],
        "spread",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3, "h2", "w2"])],
        [numpy_helper.from_array(weight, "weight")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def folding(checks, rng):
    cases = [("poppy-seg", onnx.load(common.REPOSITORY / "models/poppy-seg/model.onnx"), (1, 3, 64, 96)),
             ("poppy-tile", onnx.load(common.REPOSITORY / "models/poppy-tile/model.onnx"), (2, 3, 128, 128))]
    cases += [(f"Gemm {a}", one_layer(rng, **a), (4, 5)) for a in ({}, {"transB": 1}, {"beta": 0.5}, {"beta": 0.0})]
    cases += [(f"DepthToSpace {mode}", spread(rng, mode), (1, 3, 6, 8)) for mode in ("DCR", "CRD")]
    for name, model, shape in cases:
        image = rng.random(shape, dtype=np.float32)
        before = answer(model, image)
        wide = (1, 3) + (1,) * (before.ndim - 2)
        wanted = before * SCALE.reshape(wide) + OFFSET.reshape(wide)
        nodes = len(model.graph.node)
        fold.fold_into(model, SCALE, OFFSET)
        onnx.checker.check_model(model)
        checks.at_most(float(np.abs(answer(model, image) - wanted).max()), 1e-4, f"{name}: folded equals applied")
        checks.equal(len(model.graph.node) - nodes, 2 if "0.0" in name else 0, f"{name}: new nodes")
        nodes = len(model.graph.node)
        fold.fold_into(model, 1 / SCALE, -OFFSET / SCALE)
        checks.at_most(float(np.abs(answer(model, image) - before).max()), 1e-4, f"{name}: folded back")
        checks.equal(len(model.graph.node), nodes, f"{name}: folding twice adds nothing")
    print(f"{len(cases)} networks folded")


def fitting(checks, rng):
    """Classes drawn from known probabilities, logits distorted: the fit gives the probabilities back."""
    logits = rng.normal(0, 2, (40_000, 3)) + [3, 0, -1]
    probability = contract.softmax(logits)
    truth = (probability.cumsum(1) < rng.random((len(logits), 1))).sum(1)
    distorted = (logits - OFFSET) / SCALE
    scale, offset = calibrate.fit(distorted, truth)
    mended = contract.softmax(distorted * scale + offset)
    checks.at_most(float(np.abs(mended - probability).mean()), 0.01, "fit: probabilities come back")
    again_scale, again_offset = calibrate.fit(distorted * scale + offset, truth)
    checks.at_most(float(np.abs(np.r_[again_scale - 1, again_offset]).max()), 0.01, "fit: a second one changes nothing")
    checks.equal(reliability.expected_error(np.float32([0.9, 0.9, 0.1, 0.1]), np.array([1, 1, 0, 1], bool)), 0.25, "expected calibration error by hand")
    checks.at_most(reliability.expected_error(mended[:, 1], truth == 1), 0.01, "fit: calibration error")


def painted(rng, folder, first=1_000_000):
    """Three scenes of noise with a red and a green field, named by seeds."""
    folder.mkdir()
    for seed in range(first, first + 3):
        image = rng.integers(60, 120, (640, 640, 3), dtype=np.uint8)
        label = np.zeros((640, 640), np.uint8)
        image[100:300, 100:300, 0], label[100:300, 100:300] = 220, 1
        image[350:600, 300:500, 1], label[350:600, 300:500] = 200, 2
        np.savez(folder / f"{seed}.npz", image=image, label=label)


def kit(script, *words, wanted=0):
    done = subprocess.run([sys.executable, str(KIT / script), *(str(w) for w in words)], capture_output=True, text=True, check=False)
    assert done.returncode == wanted, done.stdout + done.stderr
    return done.stdout + done.stderr


def twins(args, checks, rng):
    folder = args.work / "scenes"
    painted(rng, folder)
    for name in ("poppy-tile", "poppy-seg"):
        whole = common.REPOSITORY / f"models/{name}/model.onnx"
        small = args.work / f"{name}-int8/model.onnx"
        kit("quantise.py", whole, "--scenes", folder, "--chips", 6, "--out", small)
        model = onnx.load(small)
        ends = [t.type.tensor_type.elem_type for t in (model.graph.input[0], model.graph.output[0])]
        checks.equal(ends, [TensorProto.FLOAT] * 2, f"{name}: float32 in and out")
        layers = sum(n.op_type in ("Conv", "Gemm") for n in model.graph.node)
        bytes_ = sum(len(set(t.dims)) > 0 and t.data_type == TensorProto.INT8 and len(t.dims) > 1 for t in model.graph.initializer)
        checks.equal(bytes_, layers - 1, f"{name}: layers with 8-bit weights")
        checks.that("poppy" in common.tianmu(args, "inspect", small.parent).out, f"{name}: the program reads the twin")
        said, was = (json.loads(path.with_name("model.json").read_text()) for path in (small, whole))
        checks.equal((said["id"], said["properties"]["mlm:name"]), (f"{name}-int8",) * 2, f"{name}: the twin's name")
        checks.equal(said["properties"]["title"], f"INT8 twin. {was['properties']['title']}", f"{name}: the twin's title")
        checks.equal(said["properties"]["tianmu:threshold"], was["properties"]["tianmu:threshold"], f"{name}: the twin's thresholds")
        checks.that("tianmu:smallest_plot_m2" not in said["properties"], f"{name}: the twin claims no plot size that was found on the float model")
        report = args.work / f"{name}.json"
        kit("compare_twins.py", whole, small, "--scenes", folder, "--rounds", 3, "--report", report)
        alike = json.loads(report.read_text())["agreement"]
        checks.that(alike["same_best_class"] > 0.97, f"{name}: best class", str(alike))
        print(f"{name}: {alike['same_best_class']:.4f} of best classes are the same")
        text = kit("quantise.py", small, "--scenes", folder, "--out", args.work / "twice/model.onnx", wanted=1)
        checks.that("is quantised already" in text and "hint:" in text, f"{name}: quantised twice", text)


def calibrating(args, checks, rng):
    """The whole script on painted scenes, into a folder of its own, which the program then reads."""
    folder = args.work / "validation-scenes"
    painted(rng, folder, 2_000_000)
    for name in ("poppy-tile", "poppy-seg"):
        out = args.work / f"calibrated/{name}/model.onnx"
        kit("calibrate.py", common.REPOSITORY / f"models/{name}/model.onnx", "--scenes", folder, "--least", 1, "--out", out)
        report = json.loads(out.with_name("calibration.json").read_text())
        checks.at_most(report["max_difference_of_folded_logits"], 1e-3, f"{name}: folded logits")
        checks.equal((report["scenes_fitted"], report["scenes_held_out"]), (2, 1), f"{name}: halves")
        checks.that("poppy" in common.tianmu(args, "inspect", out.parent).out, f"{name}: the program reads the calibrated model")


def refused(checks, what, wanted, function, *words):
    """A call that must end the program with an error that holds all of `wanted`, and a hint."""
    try:
        function(*words)
    except SystemExit as end:
        text = str(end)
    else:
        text = "no error"
    checks.that(all(part in text for part in (*wanted, "\nhint: ")), f"refused: {what}", text)


def wrong_scenes(args, checks, rng):
    """What can be wrong with a folder of scenes."""
    folder = args.work / "wrong-scenes"
    painted(rng, folder, 3_000_000)
    refused(checks, "an empty folder", ["nothing`", "no scenes"], scenes.scene_files, args.work / "nothing")
    refused(checks, "too few scenes", [f"`{folder}`", "3 scenes, wanted 9"], scenes.scene_files, folder, 9)
    for purpose in ("training", "validation"):
        refused(checks, f"test scenes for {purpose}", ["3000000.npz` is a test scene", f"wanted {purpose}"], scenes.scene_files, folder, None, purpose)
    path = common.REPOSITORY / "models/poppy-tile/model.onnx"
    known = contract.read_contract(path)
    first = folder / "3000000.npz"
    stored = first.read_bytes()
    image, label = scenes.read_scene(first)
    np.savez(first, image=image, label=np.where(label == 2, np.uint8(7), label))
    model = sessions.session(path, known)
    refused(checks, "a class nobody named", ["3000000.npz` has the class 7", "wanted 0 to 2 or 255"], calibrate.logits_and_truth, model, known, [first], 4)
    np.savez(first, image=image, label=label.astype(np.int64))
    refused(checks, "labels of another type", ["3000000.npz`", "label int64", "wanted uint8"], scenes.read_scene, first)
    np.savez(first, image=image[:100], label=label[:100])
    refused(checks, "a small scene", ["3000000.npz` has 100 x 640", "wanted at least", "128 x 128"], scenes.tiles, known, first)
    segmenter = contract.read_contract(common.REPOSITORY / "models/poppy-seg/model.onnx")
    grown, ignored = scenes.tiles(segmenter, first)
    checks.equal((grown.shape[1], int((ignored != 255).sum()), int(grown[:, 100:].max())), (512, 100 * 512 * len(grown), 0), "a small scene of a segmenter is filled up with black")
    first.write_bytes(stored[:1000])
    refused(checks, "a scene cut off", ["3000000.npz` does not load"], scenes.read_scene, first)
    for script, option in (("quantise.py", "--chips"), ("calibrate.py", "--every")):
        text = kit(script, path, "--scenes", folder, "--out", args.work / "none/model.onnx", option, 0, wanted=2)
        checks.that("`0`, wanted a whole number of at least 1" in text, f"refused: {option} 0", text)


def wrong_models(args, checks):
    """What can be wrong with a model.json and its network."""
    path = args.work / "wrong-model/model.onnx"
    shutil.copytree(common.REPOSITORY / "models/poppy-tile", path.parent)
    known = contract.read_contract(path)
    item = json.loads(known.path.read_text())
    facts = item["properties"]

    def read_with(changed):
        known.path.write_text(json.dumps(item | {"properties": facts | changed}))
        return contract.read_contract(path)

    swapped = [facts["mlm:input"][0] | {"bands": ["blue", "green", "red"]}]
    fewer = [facts["mlm:output"][0] | {"classification:classes": facts["mlm:output"][0]["classification:classes"][:2]}]
    refused(checks, "a detector", ["model.json` has the task `object-detection`", "wanted `sem"], read_with, {"mlm:tasks": ["object-detection"]})
    refused(checks, "probabilities", ["has the activation `none`", "wanted `softmax`"], read_with, {"tianmu:activation": "none"})
    refused(checks, "bands in another order", ["bands blue, green, red", "wanted red, green, blue"], read_with, {"mlm:input": swapped})
    refused(checks, "two heads", ["has 2 outputs, wanted 1"], read_with, {"mlm:output": fewer * 2})
    refused(checks, "a threshold of nothing", ["threshold for `hemp`", "wanted one of background"], read_with, {"tianmu:threshold": {"hemp": 0.5}})
    checks.equal(read_with({"tianmu:threshold": 0.3}).thresholds, {"opium_poppy": 0.3, "cannabis": 0.3}, "one threshold for all classes")
    two = read_with({"mlm:output": fewer, "tianmu:threshold": 0.5})
    refused(checks, "classes of another model", ["model.onnx` gives", "of 2 classes as"], sessions.session, path, two)
    known.path.write_text(json.dumps(item | {"properties": {k: v for k, v in facts.items() if k != "tianmu:tile_size"}}))
    refused(checks, "no tile size", ["model.json` has no 'tianmu:tile_size'"], contract.read_contract, path)
    known.path.write_text("{")
    refused(checks, "no JSON", ["model.json` is not JSON"], contract.read_contract, path)
    known.path.unlink()
    refused(checks, "no model.json", ["model.json` is missing"], contract.read_contract, path)
    path.write_bytes(b"no network")
    refused(checks, "no network", ["model.onnx` does not load"], sessions.session, path, known)


def main():
    args, checks = common.start("calibration", __doc__.splitlines()[0])
    rng = np.random.default_rng(5)
    folding(checks, rng)
    fitting(checks, rng)
    twins(args, checks, rng)
    calibrating(args, checks, rng)
    wrong_scenes(args, checks, rng)
    wrong_models(args, checks)
    checks.finish()


main()
