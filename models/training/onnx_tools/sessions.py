"""Running an ONNX model as the program does: needs a Python with onnxruntime (`scripts/setup.sh --python-tests`), no torch."""

from onnx_tools.contract import stop
from onnx_tools.runtime import onnxruntime


def session(path, contract, threads=1):
    """A session as the program makes one: on the processor, without spinning. The network must be what model.json says."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        made = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as cause:  # onnxruntime has many kinds, and no common one.
        stop(f"`{path}` does not load: {cause}", "give a model.onnx that export.py or quantise.py wrote")
    takes, gives = made.get_inputs()[0], made.get_outputs()[0]
    if takes.type != "tensor(float)" or len(takes.shape) != 4 or _differs(takes.shape[1], 3):
        stop(f"`{path}` takes {takes.type} {takes.shape}, wanted tensor(float) [batch, 3, height, width]", "export the model so")
    wanted = 4 if contract.segments else 2
    if len(gives.shape) != wanted or _differs(gives.shape[1], len(contract.classes)):
        what = "[batch, class, height, width]" if contract.segments else "[batch, class]"
        stop(f"`{path}` gives {gives.shape}, wanted {what} of {len(contract.classes)} classes as `{contract.path}` says", "describe the model again with describe.py")
    return made


def _differs(size, wanted):
    """Whether a size is known and another one."""
    return isinstance(size, int) and size != wanted


def run(session_, batch):
    """Logits of a batch."""
    return session_.run(None, {session_.get_inputs()[0].name: batch})[0]
