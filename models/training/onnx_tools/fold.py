"""Writes a scale and an offset per class into an ONNX network: into its last weights where that is exact, else as two nodes."""

import numpy as np
from onnx import helper, numpy_helper

SCALE, OFFSET = "calibration_scale", "calibration_offset"


def _text(node, name):
    """A text attribute of a node, or None."""
    return next((a.s.decode() for a in node.attribute if a.name == name), None)


def _number(node, name, default):
    """A number attribute of a node."""
    found = next((a for a in node.attribute if a.name == name), None)
    return default if found is None else helper.get_attribute_value(found)


def _keeps_offsets(node):
    """Whether scaling and shifting before the node is the same as after it: its weights are linear and sum to one."""
    return node.op_type == "Identity" or (node.op_type == "Resize" and _text(node, "mode") in (None, "nearest", "linear"))


def _expand(node, values):
    """The values of the channels that a DepthToSpace spreads over pixels, from those of the classes it makes."""
    share = _number(node, "blocksize", 1) ** 2
    return np.repeat(values, share) if _text(node, "mode") == "CRD" else np.tile(values, share)


class Network:
    """An ONNX graph with its tensors by name."""

    def __init__(self, model):
        self.graph = model.graph
        self.maker = {name: node for node in self.graph.node for name in node.output}
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}

    def readers(self, name):
        """How many nodes and outputs read a tensor."""
        return sum(list(node.input).count(name) for node in self.graph.node) + sum(out.name == name for out in self.graph.output)

    def constant(self, name):
        """The value of an initializer, or None."""
        return numpy_helper.to_array(self.constants[name]) if name in self.constants else None

    def set_constant(self, node, position, name, value):
        """Gives a node another constant; the old one goes when nobody else reads it."""
        old = node.input[position] if position < len(node.input) else ""
        if old in self.constants and self.readers(old) == 1:
            self.graph.initializer.remove(self.constants.pop(old))
            name = old
        tensor = numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name)
        self.graph.initializer.append(tensor)
        self.constants[name] = tensor
        while len(node.input) <= position:
            node.input.append("")
        node.input[position] = name

    def last_layer(self, scale, offset):
        """The node that makes the logits, behind nodes that only resize or spread them, with scale and offset of its channels.

        None where others read the logits too.
        """
        name = self.graph.output[0].name
        while name in self.maker and self.readers(name) == 1:
            node = self.maker[name]
            if node.op_type == "DepthToSpace":
                scale, offset = _expand(node, scale), _expand(node, offset)
            elif not _keeps_offsets(node):
                return node, scale, offset
            name = node.input[0]
        return None, scale, offset


def _fold_layer(network, node, scale, offset):
    """Folds into a Conv or a Gemm; False where its weights are not plain constants."""
    channels = len(scale)
    weight = network.constant(node.input[1])
    has_bias = len(node.input) > 2 and node.input[2]
    bias = network.constant(node.input[2]) if has_bias else np.zeros(channels, np.float32)
    if weight is None or bias is None:
        return False
    if node.op_type == "Conv":
        axis, beta = 0, 1.0
    else:
        axis, beta = (0 if _number(node, "transB", 0) else 1), _number(node, "beta", 1.0)
    if weight.shape[axis] != channels or bias.size not in (1, channels) or beta == 0:
        return False
    shape = [1] * weight.ndim
    shape[axis] = channels
    bias = np.broadcast_to(bias.ravel(), channels)
    network.set_constant(node, 1, "calibrated_weight", weight * scale.reshape(shape))
    network.set_constant(node, 2, "calibrated_bias", bias * scale + offset / beta)
    return True


def _fold_own_nodes(network, node, scale, offset):
    """Folds into the two nodes that an earlier calibration appended."""
    inner = network.maker[node.input[0]]
    old_scale, old_offset = network.constant(inner.input[1]), network.constant(node.input[1])
    shape = old_scale.shape
    network.set_constant(inner, 1, SCALE, old_scale * scale.reshape(shape))
    network.set_constant(node, 1, OFFSET, old_offset * scale.reshape(shape) + offset.reshape(shape))


def _append(network, scale, offset):
    """Appends `* scale + offset` behind the output, which keeps its name."""
    output = network.graph.output[0]
    shape = [1, len(scale)] + [1] * (len(output.type.tensor_type.shape.dim) - 2)
    maker, raw = network.maker[output.name], output.name + "_uncalibrated"
    for node in network.graph.node:
        node.input[:] = [raw if name == output.name else name for name in node.input]
    maker.output[:] = [raw if name == output.name else name for name in maker.output]
    multiply = helper.make_node("Mul", [raw, SCALE], [output.name + "_scaled"], SCALE)
    add = helper.make_node("Add", [output.name + "_scaled", OFFSET], [output.name], OFFSET)
    network.graph.node.extend([multiply, add])
    for name, value in ((SCALE, scale), (OFFSET, offset)):
        network.graph.initializer.append(numpy_helper.from_array(value.reshape(shape).astype(np.float32), name))


def fold_into(model, scale, offset):
    """Changes the first output of a model to `output * scale + offset` per class (axis 1); returns which node now does it."""
    network = Network(model)
    node, own_scale, own_offset = network.last_layer(scale, offset)
    if node is not None and node.op_type in ("Conv", "Gemm") and _fold_layer(network, node, own_scale, own_offset):
        return node.name or node.op_type
    if node is not None and node.name == OFFSET:
        _fold_own_nodes(network, node, scale, offset)
    else:
        _append(network, scale, offset)
    return f"{SCALE}, {OFFSET}"
