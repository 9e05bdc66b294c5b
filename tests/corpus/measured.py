"""Runs a command and measures it: exit code, signal, wall time and peak memory."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

PANIC = ("panicked at", "internal error", "RUST_BACKTRACE", "stack overflow", "memory allocation of")


@dataclass
class Measured:
    """A finished command; `code` is negative when a signal ended it, None when it ran too long.

    The system counts what the starting process held too, so `peak_mib` is never below that.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    peak_mib: float

    @property
    def text(self):
        return self.out + self.err

    @property
    def accident(self):
        """What must never happen, in words, or nothing."""
        if self.code is None:
            return f"ran longer than {self.seconds:.0f} s"
        if self.code < 0:
            return f"was ended by signal {-self.code}"
        told = [w for w in PANIC if w in self.text]
        return f"says `{told[0]}`" if told else ""

    @property
    def reason(self):
        """The first line of the error."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return next(
            (line for line in lines if "error" in line or "cannot" in line), lines[0] if lines else ""
        )


def measure(command, limit_s, cwd):
    """Runs to the end or for `limit_s`; output goes through files, so nothing can block."""
    name = f"{threading.get_ident()}"
    out, err = cwd / f"{name}.out", cwd / f"{name}.err"
    start = time.monotonic()
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        child = subprocess.Popen([str(c) for c in command], stdout=stdout, stderr=stderr, cwd=cwd)
        late = threading.Event()
        timer = threading.Timer(limit_s, lambda: (late.set(), child.kill()))
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        None if late.is_set() else child.returncode,
        out.read_text(errors="replace"),
        err.read_text(errors="replace"),
        time.monotonic() - start,
        usage.ru_maxrss / 1024,
    )
