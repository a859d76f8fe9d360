"""The diagram of layers, the public face, the words of the README: kept true by reading the code."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import core
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "core"
PAGES = sorted((ROOT / "pages").glob("*.py"))

# From the bottom up; a module may import from its own level and from those before it.
LEVELS = (
    {"about", "errors", "plainjson", "programs"},
    {"progress", "readonly", "settings"},
    {
        "away",
        "closing",
        "conditional",
        "conditions",
        "containers",
        "differences",
        "direct",
        "fields",
        "models",
        "sandbox",
        "scratch",
        "sqlite",
    },
    {"amounts", "embedding", "gate", "images"},
    {"demuxing", "waveforms"},
    {"frames", "sounds", "videos"},
    {"downloads", "media", "preflight", "wal"},
    {"database", "providers"},
    {"blobs", "deletions", "migrations", "preferences", "room"},
    {"changes", "compaction", "library"},
    {"derived", "lineage", "marks", "outputs", "serving"},
    {"jobs", "search", "stats", "tags", "trash"},
    {"prices", "retention", "tables", "upgrade", "verification", "views"},
    {"backup", "spending", "suggestions"},
    {"importing"},
    {"health"},
    {"charges", "repeats"},
    {"intents", "results"},
    {"active", "catalogue", "submission"},
    {"copies", "delivery", "remix", "snippets", "webhooks"},
    {"course", "exporting"},
    {"upkeep", "worker"},
    {"studio"},
    {"__main__", "api", "notebook"},
    {"ui"},
)
FORBIDDEN = {  # what a part must not know, beside what is above it
    "__main__": {"streamlit", "sqlalchemy", "starlette", "core.studio"},
    "backup": {"starlette", "core.jobs", "core.worker"},
    "blobs": {"starlette", "magic", "PIL", "av"},
    "containers": {"PIL", "av", "numpy"},
    "copies": {"PIL", "av", "requests", "starlette"},
    "conditional": {"starlette", "sqlalchemy", "core"},
    "derived": {"PIL", "av", "core.jobs", "core.providers", "starlette"},
    "downloads": {"sqlalchemy", "starlette", "core.database", "core.media", "core.providers"},
    "embedding": {"PIL", "av", "numpy", "sqlalchemy", "starlette"},
    "errors": {"core"},
    "exporting": {"streamlit", "starlette", "PIL", "av", "core.jobs", "core.worker"},
    "fields": {"streamlit", "sqlalchemy", "starlette"},
    "frames": {"sqlalchemy", "starlette", "core.database"},
    "gate": {"streamlit", "sqlalchemy"},
    "library": {"core.jobs", "core.providers", "pandas", "starlette"},
    "media": {"sqlalchemy", "starlette", "core.database"},
    "models": {"core.database"},
    "notebook": {"streamlit", "sqlalchemy", "starlette", "IPython"},
    "providers": {"sqlalchemy", "core.database", "core.models", "core.jobs", "core.library", "starlette"},
    "compaction": {"starlette", "core.jobs", "core.models"},
    "deletions": {"starlette", "core.jobs", "core.library"},
    "retention": {"starlette", "core.jobs", "core.providers", "core.worker"},
    "remix": {"sqlalchemy", "starlette", "core.database"},
    "serving": {"streamlit", "sqlalchemy", "core.jobs", "core.providers"},
    "snippets": {"requests", "sqlalchemy", "starlette", "core.jobs"},
    "search": {"starlette", "core.jobs"},
    "stats": {"altair", "starlette", "core.jobs", "core.search"},
    "changes": {"starlette", "core.jobs", "core.search"},
    "lineage": {"starlette", "core.jobs", "core.search"},
    "upgrade": {"starlette", "requests", "PIL", "av", "core.providers"},
    "views": {"starlette", "core.jobs"},
    "active": {"sqlalchemy", "starlette", "core.models", "requests"},
    "catalogue": {"requests", "starlette", "core.jobs"},
    "course": {"sqlalchemy", "starlette", "core.models", "requests"},
    "delivery": {"sqlalchemy", "starlette", "core.models", "requests"},
    "health": {"sqlalchemy", "starlette", "core.models"},
    "importing": {"PIL", "av", "requests", "starlette", "core.jobs", "core.providers"},
    "intents": {"requests", "starlette", "core.providers"},
    "repeats": {"requests", "starlette", "core.providers"},
    "tables": {"starlette", "core.jobs"},
    "outputs": {"requests", "starlette", "core.providers"},
    "results": {"requests", "starlette"},
    "upkeep": {"sqlalchemy", "starlette", "core.models", "core.jobs"},
    "verification": {"starlette", "core.jobs", "core.backup"},
    "webhooks": {"requests", "starlette", "core.providers"},
    "worker": {"sqlalchemy", "starlette", "core.models", "requests"},
    "api": {"streamlit", "sqlalchemy", "core.providers", "core.worker"},
}


def modules() -> list[Path]:
    return [path for path in CORE.rglob("*.py") if "versions" not in path.parts]


def part(path: Path) -> str:
    """The part of core that a file belongs to: `core/ui/form.py` belongs to `ui`."""
    inside = path.relative_to(CORE).parts
    return inside[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            if node.module == "core":
                found |= {f"core.{alias.name}" for alias in node.names}
    return found


def parts_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("core.")}


def test_every_part_has_a_level() -> None:
    assert {part(path) for path in modules()} - {"__init__"} == set().union(*LEVELS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(CORE)))
def test_imports_point_downward(path: Path) -> None:
    own = part(path)
    if own == "__init__":
        return
    level = next(number for number, names in enumerate(LEVELS) if own in names)
    allowed = set().union(*LEVELS[: level + 1])
    assert parts_imported(path) <= allowed, f"{own} must not know {parts_imported(path) - allowed}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(CORE)))
def test_parts_do_not_know_what_is_not_theirs(path: Path) -> None:
    forbidden = FORBIDDEN.get(part(path), set())
    known = {name for name in imported(path) if any(name == f or name.startswith(f + ".") for f in forbidden)}
    assert known == set()


def test_streamlit_is_imported_by_ui_alone() -> None:
    users = {part(path) for path in modules() if any(n.split(".")[0] == "streamlit" for n in imported(path))}
    assert users == {"ui"}


def test_only_sqlite_chooses_the_sqlite_library() -> None:
    """Two SQLite libraries on one file in one process would lose each other's locks."""
    named = [path.name for path in modules() if re.search(r"\bimport (py)?sqlite3|\"(py)?sqlite3", path.read_text())]
    assert named == ["sqlite.py"]


def test_providers_do_not_know_each_other() -> None:
    for path in (CORE / "providers").glob("*.py"):
        others = {name for name in imported(path) if name.startswith("core.providers.")}
        own = {"sketch": "core.providers.painting", "replicate": "core.providers.replicate_api"}.get(path.stem, "-")
        assert all(name.startswith(own) for name in others), path


def test_migrations_do_not_follow_the_models() -> None:
    for path in (CORE / "migrations" / "versions").glob("*.py"):
        assert not any(name.startswith("core") for name in imported(path)), path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_hold_no_rules(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda))]
    assert imported(path) <= {"streamlit", "core", "core.ui"}
    assert len(path.read_text().splitlines()) <= 50
    assert path.stem.removeprefix("_") not in sys.stdlib_module_names


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import core", ("streamlit", "pandas", "numpy", "av", "PIL", "starlette", "alembic.command", "sqlalchemy")),
        (
            "import core; core.open_studio",
            ("streamlit", "pandas", "av", "PIL", "starlette", "IPython", "tqdm", "altair"),
        ),
    ],
)
def test_importing_core_is_light(code: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys; {code}; print([name for name in {heavy!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]", answer.stderr


def test_the_public_face_is_what_it_says() -> None:
    assert core.__all__ == sorted(core.__all__)
    for name in core.__all__:
        assert getattr(core, name).__module__.startswith("core."), name


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(CORE)))
def test_what_is_public_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), path
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_every_import_is_a_declared_dependency() -> None:
    declared = set(re.findall(r"^([a-z0-9-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE))
    names = {"av": "av", "PIL": "pillow", "magic": "python-magic"}
    files = [*modules(), *PAGES, ROOT / "studio.py", *(CORE / "migrations" / "versions").glob("*.py")]
    used = {name.split(".")[0] for path in files for name in imported(path)}
    outside = {names.get(name, name) for name in used - set(sys.stdlib_module_names) - {"core"}}
    assert outside - declared == set()
    assert declared - outside - {"httptools", "pysqlite3", "uvicorn", "uvloop"} == set()


def test_every_dependency_says_why() -> None:
    for name in ("requirements.in", "requirements-dev.in"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-c")):
                assert re.search(r"  ?# \S", line), line


def test_every_part_is_in_the_table_of_layers() -> None:
    table = re.findall(r"^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    named = set(re.findall(r"`(?:core/)?([a-z]+)`", " ".join(table)))
    parts = {path.stem for path in CORE.iterdir() if not path.name.startswith("_")}
    assert named == parts, "a part that is not named, or a name without a part"


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"STUDIO_[A-Z_]+", (CORE / "settings.py").read_text()))
    assert named
    assert [name for name in sorted(named) if name not in readme] == []
    assert Settings(Path("x")).allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_no_size_smells() -> None:
    for path in [*modules(), ROOT / "studio.py"]:
        lines = path.read_text().splitlines()
        assert len(lines) <= 400, path
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name}"


def test_no_unfinished_work() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|MagicMock)\b")
    files = [*modules(), *PAGES, *(ROOT / "tests").glob("*.py"), *(ROOT / "bench").glob("*.py")]
    assert [path.name for path in files if path != Path(__file__) and marks.search(path.read_text())] == []


def test_the_theme_and_the_server_are_closed_by_default() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert {"dark", "light"} <= set(config["theme"])
