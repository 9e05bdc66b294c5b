"""Takes weights out of a model.onnx of this kit, with no ONNX library: to go on training a model that was shipped.

An ONNX file is a protocol buffer; only the few fields that hold weights are read. Export folds batch
norms into the convolutions, so they are taken apart again: the network then answers as the file does.
"""

import numpy as np
import torch
from torch import nn

MODEL_GRAPH, GRAPH_NODE, GRAPH_INITIALIZER = 7, 1, 5
NODE_INPUT, NODE_OP_TYPE = 1, 4
TENSOR_DIMS, TENSOR_FLOATS, TENSOR_NAME, TENSOR_RAW = 1, 4, 8, 9


def _number(data, at):
    """A variable-length number and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at


def _fields(data):
    """All (field number, value) of a message; a value is a number or bytes."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _number(data, at)
        else:
            size, at = _number(data, at) if kind == 2 else (8 if kind == 1 else 4, at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def _tensor(data):
    """Name and float array of an initializer."""
    dims, name, raw = [], "", b""
    for field, value in _fields(data):
        if field == TENSOR_DIMS and isinstance(value, int):
            dims.append(value)
        elif field == TENSOR_DIMS:
            at = 0
            while at < len(value):
                number, at = _number(value, at)
                dims.append(number)
        elif field == TENSOR_NAME:
            name = bytes(value).decode()
        elif field in (TENSOR_RAW, TENSOR_FLOATS):
            raw = value
    return name, raw, dims


def layers(path):
    """Weight and bias of every convolution and matrix product, in the order of the graph."""
    with open(path, "rb") as file:
        model = memoryview(file.read())
    graph = next(value for field, value in _fields(model) if field == MODEL_GRAPH)
    tensors, nodes = {}, []
    for field, value in _fields(graph):
        if field == GRAPH_INITIALIZER:
            name, raw, dims = _tensor(value)
            tensors[name] = (raw, dims)
        elif field == GRAPH_NODE:
            inputs = [bytes(v).decode() for f, v in _fields(value) if f == NODE_INPUT]
            kind = next(bytes(v).decode() for f, v in _fields(value) if f == NODE_OP_TYPE)
            if kind in ("Conv", "Gemm"):
                nodes.append(inputs)
    return [[np.frombuffer(tensors[name][0], "<f4").reshape(tensors[name][1]).copy() for name in inputs[1:3]] for inputs in nodes]


def load_onnx(net, path):
    """Fills a network with the weights of an exported file of the same recipe."""
    order = []
    modules = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    hooks = [m.register_forward_hook(lambda module, *_: order.append(module)) for m in modules]
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, 128, 128))
    for hook in hooks:
        hook.remove()
    norms = {}
    for sequence in net.modules():
        if isinstance(sequence, nn.Sequential) and len(sequence) == 3 and isinstance(sequence[1], nn.BatchNorm2d):
            norms[sequence[0]] = sequence[1]
    found = layers(path)
    seen, wanted = [list(w.shape) for w, _ in found], [list(m.weight.shape) for m in order]
    if seen != wanted:
        raise SystemExit(f"error: `{path}` has layers {seen}, wanted {wanted}\nhint: it was made with another recipe; start from its weights file")
    with torch.no_grad():
        for module, (weight, bias) in zip(order, found):
            module.weight.copy_(torch.from_numpy(weight))
            if module in norms:
                norm = norms[module]
                norm.weight.fill_(1.0)
                norm.bias.copy_(torch.from_numpy(bias))
                norm.running_mean.zero_()
                norm.running_var.fill_(1.0 - norm.eps)
            else:
                module.bias.copy_(torch.from_numpy(bias))
    return net


def restore_norms(net, images):
    """Gives the batch norms of a network from `load_onnx` the mean and spread they meet in `images`.

    The network answers as before, and also keeps doing so once training makes norms measure themselves.
    `images` is `[n, 3, h, w]` 0-1, the more varied the better.
    """
    for norm in [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]:
        met = []
        hook = norm.register_forward_pre_hook(lambda _, inputs: met.append(inputs[0]))
        with torch.no_grad():
            net.eval()(images)
            mean, var = met[0].mean((0, 2, 3)), met[0].var((0, 2, 3), unbiased=False)
            # gamma (x - mean) / sqrt(var + eps) + beta must stay x + bias.
            norm.bias.add_(mean)
            norm.weight.copy_((var + norm.eps).sqrt())
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
        hook.remove()
