"""The training kit's calibration and quantisation keep what they promise, without torch.

A scale and an offset folded into a network equal those applied to its output; a distortion put on the
logits is found and undone; the INT8 twin of the committed models runs in 8 bits and hardly differs.
"""

import json
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
from onnx_tools import fold, onnx_models, reliability  # noqa: E402

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
    probability = onnx_models.softmax(logits)
    truth = (probability.cumsum(1) < rng.random((len(logits), 1))).sum(1)
    distorted = (logits - OFFSET) / SCALE
    scale, offset = calibrate.fit(distorted, truth)
    mended = onnx_models.softmax(distorted * scale + offset)
    checks.at_most(float(np.abs(mended - probability).mean()), 0.01, "fit: probabilities come back")
    again_scale, again_offset = calibrate.fit(distorted * scale + offset, truth)
    checks.at_most(float(np.abs(np.r_[again_scale - 1, again_offset]).max()), 0.01, "fit: a second one changes nothing")
    checks.equal(reliability.expected_error(np.float32([0.9, 0.9, 0.1, 0.1]), np.array([1, 1, 0, 1], bool)), 0.25, "expected calibration error by hand")
    checks.at_most(reliability.expected_error(mended[:, 1], truth == 1), 0.01, "fit: calibration error")


def painted(rng, folder):
    """Three training scenes of noise with a red and a green field."""
    folder.mkdir()
    for seed in range(1_000_000, 1_000_003):
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
    scenes = args.work / "scenes"
    painted(rng, scenes)
    for name in ("poppy-tile", "poppy-seg"):
        whole = common.REPOSITORY / f"models/{name}/model.onnx"
        small = args.work / f"{name}-int8/model.onnx"
        kit("quantise.py", whole, "--scenes", scenes, "--chips", 6, "--out", small)
        model = onnx.load(small)
        ends = [t.type.tensor_type.elem_type for t in (model.graph.input[0], model.graph.output[0])]
        checks.equal(ends, [TensorProto.FLOAT] * 2, f"{name}: float32 in and out")
        layers = sum(n.op_type in ("Conv", "Gemm") for n in model.graph.node)
        bytes_ = sum(len(set(t.dims)) > 0 and t.data_type == TensorProto.INT8 and len(t.dims) > 1 for t in model.graph.initializer)
        checks.equal(bytes_, layers - 1, f"{name}: layers with 8-bit weights")
        checks.that("poppy" in common.tianmu(args, "inspect", small.parent).out, f"{name}: the program reads the twin")
        report = args.work / f"{name}.json"
        kit("compare_twins.py", whole, small, "--scenes", scenes, "--rounds", 3, "--report", report)
        alike = json.loads(report.read_text())["agreement"]
        checks.that(alike["same_best_class"] > 0.97, f"{name}: best class", str(alike))
        print(f"{name}: {alike['same_best_class']:.4f} of best classes are the same")
        text = kit("quantise.py", small, "--scenes", scenes, "--out", args.work / "twice/model.onnx", wanted=1)
        checks.that("is quantised already" in text and "hint:" in text, f"{name}: quantised twice", text)
    (scenes / "1000000.npz").rename(scenes / "2000000.npz")
    text = kit("quantise.py", whole, "--scenes", scenes, "--out", args.work / "held-out/model.onnx", wanted=1)
    checks.that("2000000.npz` is a validation or test scene" in text and "hint:" in text, "held-out scenes are refused", text)
    text = kit("calibrate.py", whole, "--scenes", args.work / "nothing", "--out", args.work / "c/model.onnx", wanted=1)
    checks.that("holds no scenes" in text and "hint:" in text, "a folder without scenes is refused", text)


def main():
    args, checks = common.start("calibration", __doc__.splitlines()[0])
    rng = np.random.default_rng(5)
    folding(checks, rng)
    fitting(checks, rng)
    twins(args, checks, rng)
    checks.finish()


main()
