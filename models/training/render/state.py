"""Which state of the renderer drew a folder of scenes: kept in a text file there, so that no scene of another state passes for one of this."""

import ast
import hashlib
import inspect
import json
import sys
import textwrap
from itertools import zip_longest
from pathlib import Path

from render.files import replace_text

FILE = "renderer.txt"
HERE = Path(__file__).parent


def _code(tree):
    """A piece of source as Python understands it: comments and docstrings do not count."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _imported(tree):
    """The files of the renderer that one of them imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "render":
            yield from (f"{alias.name}.py" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("render."):
            yield f"{node.module.removeprefix('render.')}.py"


def renderer_digest(entry, functions):
    """SHA-256 of the code that draws: a file of the renderer, all that it imports of it, and functions besides."""
    trees, waiting = {}, [entry]
    while waiting:
        name = waiting.pop()
        if name not in trees:
            trees[name] = ast.parse((HERE / name).read_bytes())
            waiting += _imported(trees[name])
    code = [_code(trees[name]) for name in sorted(trees)]
    code += [_code(ast.parse(textwrap.dedent(inspect.getsource(function)))) for function in functions]
    return hashlib.sha256("\n".join(code).encode()).hexdigest()


def check_state(folder, spec, entry, functions):
    """Makes a folder for scenes and notes what draws them; refuses one whose scenes were drawn by another state.

    `spec` says by names what the scenes are told, as JSON can hold it; for `entry` and `functions` see `renderer_digest`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    now = [*(f"{name} {json.dumps(value)}" for name, value in spec.items()), f"renderer {renderer_digest(entry, functions)}"]
    path = folder / FILE
    if path.exists():
        lines = zip_longest(path.read_text(encoding="utf-8").splitlines(), now, fillvalue="nothing more")
        if differing := [(seen, wanted) for seen, wanted in lines if seen != wanted]:
            seen, wanted = differing[0]
            raise SystemExit(f"error: `{folder}` was drawn by another state of the renderer: `{FILE}` says `{seen}`, wanted `{wanted}`\nhint: delete the folder, or name another")
    elif any(folder.glob("*.npz")):
        print(f"note: `{folder}` does not say which state of the renderer drew it (no `{FILE}`); its scenes are taken as they are", file=sys.stderr)
    else:
        replace_text(path, "\n".join(now) + "\n")
