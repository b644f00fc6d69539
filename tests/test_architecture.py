"""The shape of the program, read from its source: who may import whom, and what no file may do.

A rule that fails here is explained in docs/design.md. Exceptions are listed below with their reason; an
exception that is no longer needed fails too.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SIM = ROOT / "sim"
FILES = sorted(SIM.rglob("*.py"))
KERNEL_FILES = [path for path in FILES if path.name.endswith("kernels.py")]
TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__)]

DOMAINS = {"agents", "compute", "market", "clearing", "credit", "policy", "shocks", "metrics"}

# From the bottom up: a module may import from its own level and below.
LEVELS = [
    {"jit", "stream_kernels", "streams", "units", "calendar", "plugin", "population", "ledger",
     "pause", "light", "errors"},
    DOMAINS,
    {"scenario", "checking", "loading", "record", "shape", "yaml_merge", "yaml_reader", "plugin_files",
     "price_files", "replaying"},
    {"model", "blocks", "deliveries", "freezing", "withdrawals", "world",
     "views", "writing", "describe", "reference", "schema"},
    {"run", "one_run", "pool", "results", "folder", "provenance", "tables", "summary", "rerun"},
    {"literature", "experiments", "report"},
    {"__init__", "__main__", "cli", "cli_calibrate", "cli_dashboard", "cli_contagion", "cli_experiments", "cli_margin",
     "cli_sensitivity", "cli_stress", "cli_validate", "dashboard", "doctor", "terminal", "terminal_calibrate",
     "terminal_experiments", "terminal_sensitivity"},
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}

UPWARDS = {
    ("sim.scenario", "sim.model"): "`scenario.build()` makes the model; it imports it when called",
    ("sim.scenario", "sim.describe"): "`scenario.describe()` tells it in English; it imports that when called",
}

LONG_FILES = {
}
LONG_FUNCTIONS = {}
LONGEST_FILE, LONGEST_FUNCTION = 300, 60

# Analysis of finished runs may use any tool; nothing here is imported by a run.
ANALYSIS = {"experiments", "report", "dashboard", "literature"}


def name_of(path):
    """Dotted name of a module, and "sim" for the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def short(path):
    return path.relative_to(ROOT).as_posix()


MODULES = {name_of(path) for path in FILES}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports(path):
    """(line, dotted name) of everything that a file imports, wherever it stands."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}:{node.lineno}: write imports in full"
            found += [(node.lineno, f"{node.module}.{alias.name}"
                       if f"{node.module}.{alias.name}" in MODULES or node.module in ("sim", "numpy") else node.module)
                      for alias in node.names]
    return found


def part(module):
    """The first name below the package: "market" for sim.market.book, "__init__" for sim itself."""
    return module.split(".")[1] if "." in module else "__init__"


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def compiled(path):
    """(function, decorator) of every kernel and leaf in a file."""
    return [(function, decorator.id) for function in functions(path) for decorator in function.decorator_list
            if isinstance(decorator, ast.Name) and decorator.id in ("kernel", "leaf")]


def report(problems):
    assert not problems, "\n" + "\n".join(problems)


# --- who may import whom ---------------------------------------------------------------------------------


def test_every_module_has_a_level():
    report([f"{short(path)}: say in LEVELS where it stands" for path in FILES
            if path.parent == SIM and part(name_of(path)) not in LEVEL_OF])


def reason_against(module, imported):
    """Why one module of sim must not import another; empty if it may."""
    own, other = part(module), part(imported)
    if LEVEL_OF.get(other, 0) > LEVEL_OF.get(own, len(LEVELS)):
        return "" if (module, imported) in UPWARDS else "is above it"
    if own in DOMAINS and other in DOMAINS and own != other and imported != "sim.market.base":
        return "is another domain: the model brings the two together"
    if own == "report" and other not in ("report", "results"):
        return "is not a result: a report is made from results alone"
    return ""


def test_imports_go_one_way():
    problems = []
    for path in FILES:
        module = name_of(path)
        for line, imported in sorted(set(imports(path))):
            if imported.split(".")[0] == "sim":
                reason = reason_against(module, imported)
                if reason:
                    problems.append(f"{short(path)}:{line}: {imported} {reason}")
    report(problems)


@pytest.mark.parametrize(("module", "imported", "allowed"), [
    ("sim.model", "sim.scenario", True), ("sim.loading", "sim.model", False), ("sim.scenario", "sim.run", False),
    ("sim.agents.trend", "sim.agents.base", True), ("sim.agents.trend", "sim.clearing.house", False),
    ("sim.agents.trend", "sim.market.base", True), ("sim.agents.trend", "sim.market.exchange", False),
    ("sim.agents.trend", "sim.model", False), ("sim.shocks.outage", "sim.model", False),
    ("sim.metrics.bubbles", "sim.model", False), ("sim.policy.halt", "sim.model", False),
    ("sim.report.html", "sim.results", True), ("sim.report.html", "sim.model", False),
    ("sim.report.html", "sim.report.figures", True), ("sim.cli", "sim.experiments.sweep", True),
    ("sim.run", "sim.cli", False), ("sim.ledger", "sim.agents.base", False), ("sim.model", "sim", False),
])
def test_the_arrows_themselves(module, imported, allowed):
    assert (reason_against(module, imported) == "") == allowed


def test_the_way_up_is_taken_when_called():
    problems = [f"{module} no longer imports {imported}: take it off UPWARDS" for module, imported in UPWARDS
                if imported not in {name for _, name in imports(ROOT / (module.replace(".", "/") + ".py"))}]
    for module, imported in UPWARDS:
        top = tree(ROOT / (module.replace(".", "/") + ".py")).body
        problems += [f"{module}:{node.lineno}: import {imported} inside the function" for node in top
                     if isinstance(node, ast.ImportFrom) and node.module == imported]
    report(problems)


def test_the_command_line_starts_without_heavy_imports():
    """Imports of cli.py stand inside its functions, so that --help answers at once."""
    path = SIM / "cli.py"
    if not path.exists():
        pytest.skip("no command line yet")
    top = [node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {(node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0] for node in top}
    report([f"sim/cli.py imports {name} at the top" for name in names - {*sys.stdlib_module_names, "sim"}])


# --- kernels ---------------------------------------------------------------------------------------------


def test_kernel_files_import_numbers_and_other_kernels_only():
    allowed = re.compile(r"(__future__|math|numpy|numba(\..*)?|sim\.jit|sim\.(\w+\.)*\w*kernels)$")
    report([f"{short(path)}:{line}: a kernel file imports {name}"
            for path in KERNEL_FILES for line, name in imports(path) if not allowed.match(name)])


def test_only_kernel_files_compile():
    """All kernels go through sim/jit.py, which keeps their cache honest; nothing else uses numba."""
    problems = []
    for path in FILES:
        if path.name == "jit.py":
            continue
        for line, name in imports(path):
            if name.split(".")[0] in ("numba", "llvmlite") and path not in KERNEL_FILES:
                problems.append(f"{short(path)}:{line}: only kernel files use {name}")
        for function in functions(path):
            for decorator in function.decorator_list:
                text = ast.unparse(decorator)
                if re.search(r"\b(njit|jit|vectorize|guvectorize|jitclass|overload)\b", text):
                    problems.append(f"{short(path)}:{function.lineno}: decorate with @kernel or @leaf, not @{text}")
                if text in ("kernel", "leaf") and path not in KERNEL_FILES:
                    problems.append(f"{short(path)}:{function.lineno}: kernels live in files called *kernels.py")
    report(problems)


def test_kernels_say_what_they_take_and_return():
    """A leaf has a docstring; a kernel's names each argument, unless the top of its file explains it for all."""
    problems = []
    for path in KERNEL_FILES:
        shared = ast.get_docstring(tree(path)) or ""
        for function, kind in compiled(path):
            text = ast.get_docstring(function) or ""
            arguments = [argument.arg for argument in function.args.args] if kind == "kernel" else []
            missing = [name for name in arguments if not re.search(rf"\b{name}\b", text + shared)]
            if not text or missing:
                problems.append(f"{short(path)}:{function.lineno}: {function.name} does not explain "
                                f"{', '.join(missing) or 'itself'}")
    report(problems)


def test_kernels_are_plain_loops():
    """Sorting and array expressions cost seconds of compile time each; threads in a step stall."""
    banned = {"sort", "argsort", "quantile", "percentile", "median", "sum", "mean", "std", "var", "dot", "unique",
              "searchsorted", "cumsum", "concatenate", "where", "clip", "linalg", "random", "vstack", "hstack"}
    problems = []
    for path in KERNEL_FILES:
        for node in ast.walk(tree(path)):
            text = ""
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "np" and node.attr in banned:
                    text = f"np.{node.attr}"
                elif node.value.id in ("numba", "nb") and node.attr == "prange":
                    text = "prange"
            elif isinstance(node, ast.keyword) and node.arg in ("fastmath", "parallel"):
                text = node.arg
            if text:
                problems.append(f"{short(path)}:{node.lineno}: {text} in a kernel file")
    report(problems)


def test_every_kernel_is_named_in_a_test():
    """A kernel has a slow twin, and a test that the two agree; the test names it or the file's `py_func`s."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in TESTS)
    report([f"{short(path)}:{function.lineno}: no test names the kernel {function.name}" for path in KERNEL_FILES
            for function, kind in compiled(path)
            if kind == "kernel" and not re.search(rf"\b{function.name}\b", text)])


# --- what no run may do ----------------------------------------------------------------------------------


def test_luck_comes_from_streams_alone():
    problems = []
    for path in FILES:
        if part(name_of(path)) in ANALYSIS:
            continue
        for line, name in imports(path):
            if name.split(".")[0] in ("random", "secrets") or name.startswith("numpy.random"):
                problems.append(f"{short(path)}:{line}: imports {name}")
        for node in ast.walk(tree(path)):
            text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Call) else ""
            if text in ("np.random", "numpy.random", "self.random", "model.random") or re.match(r"hash\(", text):
                problems.append(f"{short(path)}:{node.lineno}: {text}")
    report(problems)


def test_no_linear_algebra_library_in_a_run():
    """Its sums depend on the machine and its threads, so results could not be repeated bit for bit."""
    banned = {"dot", "vdot", "inner", "matmul", "tensordot", "einsum", "linalg", "polyfit", "cov", "corrcoef"}
    problems = []
    for path in FILES:
        if part(name_of(path)) in ANALYSIS:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
                problems.append(f"{short(path)}:{node.lineno}: the @ operator")
            if isinstance(node, ast.Attribute) and node.attr in banned and ast.unparse(node.value) in ("np", "numpy"):
                problems.append(f"{short(path)}:{node.lineno}: np.{node.attr}")
    report(problems)


def test_no_figures_in_a_run():
    """pyplot keeps every figure in a global list and picks a display; reports use matplotlib's Figure."""
    problems = []
    for path in FILES:
        for line, name in imports(path):
            if name.startswith("matplotlib.pyplot") or (
                    name.startswith("matplotlib") and part(name_of(path)) not in {*ANALYSIS, "results"}):
                problems.append(f"{short(path)}:{line}: imports {name}")
    report(problems)


# --- size ------------------------------------------------------------------------------------------------


def test_files_are_short():
    long = {short(path): lines for path in FILES
            if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE}
    report([f"{name}: {lines} lines; split it, or give the reason in LONG_FILES" for name, lines in long.items()
            if not LONG_FILES.get(name)]
           + [f"{name} is no longer long: take it off LONG_FILES" for name in LONG_FILES if name not in long])


def lines_of(function):
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return function.end_lineno - body[0].lineno + 1


def test_functions_are_short():
    long = {f"{short(path)}:{function.name}": lines for path in FILES for function in functions(path)
            if (lines := lines_of(function)) > LONGEST_FUNCTION}
    report([f"{name}: {lines} lines; split it, or give the reason in LONG_FUNCTIONS" for name, lines in long.items()
            if not LONG_FUNCTIONS.get(name)]
           + [f"{name} is no longer long: take it off LONG_FUNCTIONS" for name in LONG_FUNCTIONS if name not in long])


# --- parameters ------------------------------------------------------------------------------------------


def declared_blocks():
    """Every part of a scenario that the package declares."""
    import importlib

    from sim.plugin import Block

    for path in FILES:
        if part(name_of(path)) != "dashboard" and path.name != "__main__.py":
            importlib.import_module(name_of(path))
    found, queue = [], [Block]
    while queue:
        children = queue.pop().__subclasses__()
        found += [child for child in children if child.__module__.split(".")[0] == "sim"]
        queue += children
    return sorted(set(found), key=lambda cls: f"{cls.__module__}.{cls.__qualname__}")


def test_every_parameter_has_unit_meaning_and_source():
    """A source is a publication, a filing, data; or the word judgement, and then why in a few words."""
    from sim.plugin import Block

    problems = []
    for cls in declared_blocks():
        for name, field in cls.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Block) and not field.description:
                continue  # a part of its own, whose parameters are looked at there
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            where = f"{cls.__module__}.{cls.__qualname__}.{name}"
            missing = [what for what in ("unit", "source") if not str(extra.get(what, "")).strip()]
            missing += [] if (field.description or "").strip() else ["meaning"]
            if missing:
                problems.append(f"{where} has no {', '.join(missing)}")
            elif re.fullmatch(r"\W*judge?ment\W*", extra["source"], re.IGNORECASE):
                problems.append(f"{where}: say in a few words why this was judged right")
    report(problems)


# --- the repository --------------------------------------------------------------------------------------


def tracked_files():
    """Files under version control, or all but hidden and generated ones where git is missing."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0 and done.stdout:
        paths = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not re.search(r"/(\.|results/|build/|dist/)", path.as_posix())]
    return [path for path in paths if path.is_file() and path.resolve() != Path(__file__).resolve()]


def texts():
    for path in tracked_files():
        data = path.read_bytes()
        if b"\0" not in data[:4096] and len(data) < 5_000_000:
            yield path, data.decode("utf-8", errors="replace")


def test_the_repository_speaks_of_the_product_alone():
    """No path of the machine it was written on, and no address of a package index."""
    foreign = re.compile(r"(?<![\w.])/wor[k]/|\.librar[y]\b|\.\./share[d]|/tmp/brie[f]"
                         r"|files\.pythonhoste[d]|py[p]i\.org/simple|--?(extra-)?index-url|--find-links|trusted-host")
    report([f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}" for path, text in texts()
            for number, line in enumerate(text.splitlines(), 1) if foreign.search(line)])


def test_nothing_is_left_to_do_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    report([f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}" for path, text in texts()
            if path.suffix in {".py", ".md", ".yaml", ".toml", ".cpp", ".html"}
            for number, line in enumerate(text.splitlines(), 1) if marks.search(line)])


def test_versions_are_exact():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    report([line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)])


def test_style():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--output-format", "concise", str(ROOT)],
                          capture_output=True, text=True)
    assert done.returncode == 0, "\n" + done.stdout + done.stderr


@pytest.mark.slow
def test_types():
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, "\n" + done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_installed_holds_the_scenarios(tmp_path):
    """The wheel carries the shipped scenarios, tables and templates, and nothing of the tests."""
    import zipfile

    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    shipped = [path for path in tracked_files() if path.suffix != ".md"
               and path.relative_to(ROOT).parts[0] in ("sim", "scenarios")]
    expected = {short(path).replace("scenarios/", "sim/_scenarios/", 1) if short(path).startswith("scenarios/")
                else short(path) for path in shipped}
    assert expected <= names, sorted(expected - names)
    assert not {name for name in names if name.split("/")[0] in ("tests", "benchmarks", "notebooks", "scenarios")}
