"""ONNX Runtime, told before it starts to report nothing to its maker.

`from onnx_tools.runtime import onnxruntime`, never `import onnxruntime`: official builds from 1.32 keep a device's id and what was run, and send it.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # noqa: E402

__all__ = ["onnxruntime"]
