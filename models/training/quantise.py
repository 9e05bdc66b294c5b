"""Makes the INT8 twin of a model: 8-bit weights and activations inside, float32 in and out.

`.test-python/bin/python models/training/quantise.py models/poppy-tile/model.onnx --scenes target/training-scenes --out models/poppy-tile-int8/model.onnx`

Static quantisation by onnxruntime: weights int8 per output channel, activations uint8 with ranges seen on
chips of training scenes. The first layer stays float32: it has so few channels that 8 bits make it
slower and less exact. So does a last resize of the logits. compare_twins.py tells what it brought.
"""

import argparse
import copy
import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx

from onnx_tools.runtime import onnxruntime  # noqa: F401  (before its parts)
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from onnx_tools.contract import as_input, read_contract, stop
from onnx_tools.scenes import add_scene_arguments, count, of_a_tile_or_more, scene_files
from onnx_tools.sessions import session
from render.files import replace_files

LAYERS = ("Conv", "Gemm", "MatMul")
METHODS = {
    "minmax": quantization.CalibrationMethod.MinMax,
    "entropy": quantization.CalibrationMethod.Entropy,
    "percentile": quantization.CalibrationMethod.Percentile,
}


class Chips(quantization.CalibrationDataReader):
    """Hands the calibrator one batch `[1, 3, h, w]` after the other."""

    def __init__(self, input_name, contract, images):
        self.batches = ({input_name: as_input(contract, image[None])} for image in images)

    def get_next(self):
        """The next batch, or None at the end."""
        return next(self.batches, None)


def draw_chips(contract, files, wanted, seed=1):
    """Chips uint8 `[n, h, w, rgb]` of a tile's size, every second one of a scene around a target where it has one."""
    rng = np.random.default_rng(seed)
    size, chips = contract.tile_px, []
    for number in range(wanted):
        turn, place = divmod(number, len(files))
        image, label = of_a_tile_or_more(contract, files[place])
        limit = np.array(label.shape) - size
        corner = rng.integers(0, limit + 1)
        targets = np.argwhere((label > 0) & (label < len(contract.classes))) if (place + turn) % 2 else []
        if len(targets):
            corner = np.clip(targets[rng.integers(len(targets))] - rng.integers(0, size, 2), 0, limit)
        chips.append(image[corner[0] : corner[0] + size, corner[1] : corner[1] + size])
    return np.stack(chips)


def own_constants(model):
    """Gives every node its own constants: a bias that two layers share keeps both from running in 8 bits."""
    tensors, used = {t.name: t for t in model.graph.initializer}, set()
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            if name in tensors and name in used:
                twin = copy.deepcopy(tensors[name])
                twin.name = f"{name}_of_{node.output[0]}"
                model.graph.initializer.append(twin)
                node.input[position] = twin.name
            used.add(name)


def float_nodes(model, float_last):
    """Names of the nodes that stay float32: all up to the first layer, a last resize, and with `float_last` the last layer."""
    nodes = list(model.graph.node)
    layers = [position for position, node in enumerate(nodes) if node.op_type in LAYERS]
    if not layers:
        stop("the model has no convolution or matrix product", "give the float model")
    kept = nodes[: layers[0] + 1]
    if nodes[-1].op_type == "Resize":
        kept.append(nodes[-1])
    if float_last:
        kept.append(nodes[layers[-1]])
    return [node.name for node in kept]


def quantise(model_path, out, contract, chips, method, float_last=False):
    """Writes the INT8 twin of a model; returns the names of the nodes that stayed float32."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        # Folds constants and batch norms. Symbolic shapes would need sympy and serve transformers only.
        quant_pre_process(model_path, prepared, skip_symbolic_shape=True)
        model = onnx.load(prepared)
        if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
            stop(f"`{model_path}` is quantised already", "give the float model")
        own_constants(model)
        for number, node in enumerate(model.graph.node):
            node.name = node.name or f"{node.op_type}_{number}"
        onnx.save(model, prepared)
        kept = float_nodes(model, float_last)
        logging.getLogger().setLevel(logging.ERROR)  # It advises the preparation that was just done.
        quantization.quantize_static(
            prepared, out, Chips(model.graph.input[0].name, contract, chips), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=kept, calibrate_method=METHODS[method],
        )
    return kept


def describe_twin(facts, name, file_name):
    """The model.json of the twin, from that of the float model; what was measured on the float model is left out."""
    twin = copy.deepcopy(facts)
    properties = twin["properties"]
    twin["id"] = properties["mlm:name"] = name
    properties["title"] = f"INT8 twin. {properties.get('title', '')}".rstrip()
    properties.pop("tianmu:smallest_plot_m2", None)
    properties["mlm:accelerator"] = "amd64"
    properties["mlm:accelerator_constrained"] = False
    properties["mlm:accelerator_summary"] = "8-bit weights and activations for processors, faster than float32 where these multiply 8-bit integers (AVX-512 VNNI, AVX-VNNI); runs on any"
    for asset in twin.get("assets", {}).values():
        if "mlm:model" in asset.get("roles", []):
            asset["href"] = file_name
    return twin


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="float model.onnx with a model.json beside it")
    add_scene_arguments(parser, "training scenes")
    parser.add_argument("--chips", type=count, default=128, help="how many chips tell the ranges of activations")
    parser.add_argument("--method", choices=METHODS, default="minmax", help="how a range follows from what was seen")
    parser.add_argument("--float-last", action="store_true", help="leave the last layer in float32 too")
    parser.add_argument("--out", type=Path, required=True, help="model to write; its folder names the twin")
    args = parser.parse_args()
    if args.out.resolve().parent == args.model.resolve().parent:
        stop(f"`{args.out}` lies in the folder of the float model, wanted a folder of its own", f"for example {args.model.parent}-int8/model.onnx")
    contract = read_contract(args.model)
    session(args.model, contract)  # Says what is wrong with it.
    files = scene_files(args.scenes, args.count, purpose="training")
    chips = draw_chips(contract, files, args.chips)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    facts = json.loads(contract.path.read_text(encoding="utf-8"))
    twin = describe_twin(facts, args.out.resolve().parent.name, args.out.name)

    def write(model_part, listing_part):
        listing_part.write_text(json.dumps(twin, indent=2) + "\n", encoding="utf-8")
        return quantise(args.model, model_part, contract, chips, args.method, args.float_last)

    kept = replace_files([args.out, args.out.with_name("model.json")], write)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, float model {args.model.stat().st_size / 1e6:.2f} MB; {len(chips)} chips, {args.method}")
    if "tianmu:smallest_plot_m2" in facts["properties"]:
        print("tianmu:smallest_plot_m2 is left out: it was found on the float model; measure the twin and write its own")
    print(f"float32 stayed {', '.join(kept)}")


if __name__ == "__main__":
    main()
