"""The rules of the house that a program can check: rooms, sizes, docstrings, safety.

Who may import whom stands as contracts in ``pyproject.toml`` and is checked by ``make lint``.

Each test collects every offence, so that one run shows all there is to mend.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import core

ROOT = Path(__file__).resolve().parent.parent

MODULE_LINES = 400
FUNCTION_LINES = 60

#: Modules a folder may hold, and names that every question may use anew.
FOLDER_MODULES = 15
COMMON_NAMES = frozenset({"__init__", "numbers", "story"})

UNSAFE_CALLS = frozenset({"eval", "exec", "compile", "__import__"})
UNSAFE_ATTRIBUTES = frozenset({"eval", "query", "read_pickle", "to_pickle", "from_formula"})
UNSAFE_KEYWORDS = frozenset({"unsafe_allow_html", "allow_pickle", "shell"})
UNSAFE_SCRIPT = re.compile(r"\beval\(|new Function\(|document\.write|insertAdjacentHTML")

# Character classes keep this file from matching itself.
FOREIGN = re.compile(
    r"(?<![\w./-])/(?:wor[k]|tm[p]|hom[e]|roo[t]|User[s])/"
    r"|https?://[a-z.-]*(?:pyp[i]|npmj[s]|pythonhoste[d]|debia[n])\b"
)
FOLDERS = (".ci", ".streamlit", "assets", "core", "pages", "tests")
TEXT_ENDINGS = frozenset({".py", ".md", ".toml", ".js", ".mjs", ".css", ".yml", ".yaml", ".R", ""})


def _under(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _files(*folders: str, ending: str = ".py") -> list[Path]:
    found = [p for folder in folders for p in sorted((ROOT / folder).rglob(f"*{ending}"))]
    if ending == ".py":
        found += sorted(ROOT.glob("*.py"))
    return [p for p in found if p.is_file() and "__pycache__" not in p.parts]


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _parse(path: Path) -> ast.Module:
    return ast.parse(_text(path), filename=str(path))


SOURCES = {_module_name(path): path for path in _files("core", "pages")}
TREES = {name: _parse(path) for name, path in SOURCES.items()}


def _imports(module: str) -> set[str]:
    """Return the modules of the project that one imports: anywhere, for types and in functions."""
    found: set[str] = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in SOURCES else str(node.module) for name in inner}
    return (found & set(SOURCES)) - {module}


def _documented(node: ast.AST, prefix: str) -> Iterator[tuple[str, bool]]:
    """Yield the public definitions of a module or class, and whether each has a docstring."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef) or child.name.startswith("_"):
            continue
        yield f"{prefix}.{child.name}", ast.get_docstring(child) is not None
        if isinstance(child, ast.ClassDef):
            yield from _documented(child, f"{prefix}.{child.name}")


def _code_lines(function: ast.FunctionDef, comments: set[int], lines: list[str]) -> int:
    """Return the lines of a function without its docstring, blank lines and comments."""
    first = function.body[0]
    skip = set(comments)
    if ast.get_docstring(function) is not None:
        skip |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    span = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    return sum(1 for i in span if i not in skip and lines[i - 1].strip())


def _whole_line_comments(text: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT and token.line.strip().startswith("#")
    }


def test_no_import_cycles() -> None:
    graph = {module: _imports(module) for module in TREES}
    finished: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in finished:
            for target in sorted(graph[module]):
                visit(target, (*path, module))
            finished.add(module)

    for module in graph:
        visit(module, ())


def test_no_folder_is_crowded() -> None:
    folders: dict[str, int] = {}
    for path in _files("core", "pages"):
        if path.name != "__init__.py":
            folder = str(path.parent.relative_to(ROOT))
            folders[folder] = folders.get(folder, 0) + 1
    assert {folder: n for folder, n in folders.items() if n > FOLDER_MODULES} == {}


def test_no_name_stands_for_two_modules_of_core() -> None:
    seen: dict[str, str] = {}
    twice = []
    for module, path in SOURCES.items():
        if _under(module, "core") and path.stem not in COMMON_NAMES:
            if path.stem in seen:
                twice.append(f"{seen[path.stem]} and {module}")
            seen[path.stem] = module
    assert twice == []


def test_nobody_takes_a_private_name() -> None:
    offences = [
        f"{module} takes {alias.name} from {node.module}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and _under(str(node.module), "core")
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert offences == []


def test_every_screen_has_its_name_everywhere() -> None:
    """The name in the registry is that of the folder, of the text file and of the tests."""
    from pages.screens import SCREENS

    missing = []
    for screen in SCREENS:
        wanted = (screen.script, f"assets/text/{screen.name}.toml")
        wanted += (f"tests/pages/test_{screen.name}.py",)
        missing += [name for name in wanted if not (ROOT / name).is_file()]
    assert missing == []


def test_imports_are_absolute() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _files("core", "pages", "tests")
        for node in ast.walk(_parse(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert offences == []


def test_every_package_is_installed() -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    folders = {_module_name(p) for p in (ROOT / "core").rglob("__init__.py")}
    assert set(project["tool"]["setuptools"]["packages"]) == folders


def test_modules_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(_text(path).splitlines())
        for path in _files("core", "pages", "tests")
    }
    assert {name: n for name, n in lengths.items() if n > MODULE_LINES} == {}


def test_functions_are_short() -> None:
    offences = {}
    for path in _files("core", "pages", "tests"):
        text = _text(path)
        comments = _whole_line_comments(text)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                size = _code_lines(node, comments, text.splitlines())
                if size > FUNCTION_LINES:
                    offences[f"{path.relative_to(ROOT)}:{node.name}"] = size
    assert offences == {}


def test_everything_public_in_core_has_a_docstring() -> None:
    missing = [
        name
        for module, tree in TREES.items()
        if _under(module, "core")
        for name, documented in _documented(tree, module)
        if not documented
    ]
    missing += [module for module, tree in TREES.items() if not ast.get_docstring(tree)]
    assert missing == []


def test_the_public_face_is_explicit_and_documented() -> None:
    names = getattr(core, "__all__", [])
    assert len(set(names)) == len(names), "a name twice in core.__all__"
    faults = [name for name in names if not hasattr(core, name)]
    for name in set(names) - set(faults):
        value: Any = getattr(core, name)
        # A dataclass without a docstring is given its signature as one: that does not count.
        doc = value.__doc__ or ""
        described = inspect.isclass(value) or inspect.isroutine(value)
        if described and (not doc or doc.startswith(f"{name}(")):
            faults.append(name)
    assert faults == []


def _unsafe(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            yield node.lineno, node.func.id
        if isinstance(node.func, ast.Attribute) and node.func.attr in UNSAFE_ATTRIBUTES:
            yield node.lineno, node.func.attr
        yield from ((node.lineno, k.arg) for k in node.keywords if k.arg in UNSAFE_KEYWORDS)


def test_no_way_in_for_a_hostile_upload() -> None:
    offences = [
        f"{SOURCES[module].relative_to(ROOT)}:{line}: {what}"
        for module, tree in TREES.items()
        for line, what in _unsafe(tree)
    ]
    for script in _files("core", "pages", "assets", ending=".js"):
        found = UNSAFE_SCRIPT.findall(_text(script))
        offences += [f"{script.relative_to(ROOT)}: {what}" for what in found]
    assert offences == []


def test_only_the_theme_names_a_colour() -> None:
    theme = ROOT / "core" / "figures" / "theme.py"
    sources = [p for p in SOURCES.values() if p != theme]
    sources += [p for end in (".js", ".css") for p in _files("core", "pages", "assets", ending=end)]
    offences = [
        f"{path.relative_to(ROOT)}: {colour}"
        for path in sources
        for colour in re.findall(r"#[0-9a-fA-F]{6}\b|\brgba?\(\s*\d", _text(path))
    ]
    assert offences == []


def test_importing_core_loads_no_heavy_library() -> None:
    """The first page waits for this import; statsmodels alone costs more than many fits."""
    heavy = ("streamlit", "plotly", "statsmodels", "patsy", "ibis", "duckdb", "psycopg", "pyspark")
    program = f"import sys, core; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_repository_speaks_of_itself_alone() -> None:
    """No path of somebody's machine and no host of a package registry stands in any text."""
    paths = [p for p in ROOT.iterdir() if p.is_file()]
    paths += [p for folder in FOLDERS for p in _files(folder, ending="")]
    offences = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        if path.suffix in TEXT_ENDINGS and path.name != ".git"
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if FOREIGN.search(line)
    ]
    assert offences == []
