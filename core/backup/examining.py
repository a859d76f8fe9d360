"""Whether a file that nobody uses is a whole studio: opened, structure, references, every hash. Changes nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from core import migrations, sqlite
from core.errors import BackupRefused, LostWal, NewerDatabase, StudioError, UnusableDatabase
from core.preflight import require_studio, wal_of
from core.progress import Progress

LISTED: Final = 20  # damaged items that are named
STEPS: Final = 100_000  # of SQLite's machine between two looks at whether the end was asked for
PIECE: Final = 2**20  # bytes
ADVICE: Final = "Choose a backup of a studio."
ITEMS: Final = "SELECT id, bytes, sha256 FROM media WHERE state = 'ready' ORDER BY id"
CHUNKS: Final = "SELECT position, data FROM media_chunk WHERE media_id = ? ORDER BY position"


@dataclass(frozen=True)
class Examined:
    """What a whole file holds. `bytes` and `sha256` are the file's; `damaged` are items whose bytes are not theirs."""

    schema: str
    items: int
    runs: int
    bytes: int
    sha256: str
    damaged: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """The same in words."""
        held = f"{self.items:,} items, {self.runs:,} runs"
        if not self.damaged:
            return f"Whole: {held}, every hash as stored."
        named = ", ".join(map(str, self.damaged[:LISTED])) + (", ..." if len(self.damaged) > LISTED else "")
        return f"{held}, of which {len(self.damaged):,} are damaged: {named}."


def examine(path: Path, progress: Progress, *, known_as: Path | None = None) -> Examined:
    """Look at everything in a closed studio file, in bounded memory; `known_as` is its name in sentences.

    Raises `UnusableDatabase` for what is no whole studio file, `NewerDatabase` for one of a newer version, `LostWal`
    for one that misses its newest changes, and `WorkStopped`.
    """
    try:
        return _examine(path, known_as or path, progress)
    except OSError as error:
        raise UnusableDatabase(f"{known_as or path} cannot be read: {error.strerror}. {ADVICE}") from error


def _examine(path: Path, name: Path, progress: Progress) -> Examined:
    require_backup(path)
    with _opened(path, name, progress) as driver:
        schema = schema_of(driver, name)
        require_marks(driver, name)
        _require_structure(driver, name, progress)
        items, runs, damaged = _items(driver, progress)
        damaged += _known_damage(driver)
    return Examined(schema, items, runs, path.stat().st_size, _hash(path, progress), tuple(sorted(set(damaged))))


def _hash(path: Path, progress: Progress) -> str:
    progress.begin("Taking the file's own hash", path.stat().st_size)
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            progress.advance(len(piece))
    return digest.hexdigest()


def require_backup(path: Path) -> None:
    """Raise `UnusableDatabase` for what cannot be a whole studio file, by its header and by what lies beside it."""
    if not path.is_file():
        raise UnusableDatabase(f"There is no file {path}. {ADVICE}")
    require_studio(path, ADVICE)
    wal = wal_of(path)
    if wal.exists() and wal.stat().st_size:
        raise UnusableDatabase(
            f"{wal.name} beside {path} holds changes that are not in the file, so it is no finished backup. "
            f"Start the studio on it once (STUDIO_DATABASE={path}) and close it again; then it is whole."
        )


def immutable(path: Path) -> Any:
    """A DBAPI connection to a file that nobody writes; it makes no file beside it."""
    library = sqlite.library()
    driver = library.connect(f"file:{quote(path.as_posix())}?mode=ro&immutable=1", uri=True, isolation_level=None)
    for name in ("trusted_schema=0", "cell_size_check=1", "temp_store=2"):
        driver.execute(f"PRAGMA {name}")
    return driver


@contextmanager
def _opened(path: Path, name: Path, progress: Progress) -> Iterator[Any]:
    library = sqlite.library()
    try:
        with closing(immutable(path)) as driver:
            driver.set_progress_handler(lambda: int(progress.stopping), STEPS)
            yield driver
    except library.Error as error:
        progress.check()  # the handler's end looks like any other
        raise UnusableDatabase(f"{name} is damaged ({error}). Choose another backup.") from error


def schema_of(driver: Any, path: Path) -> str:
    """The schema of a closed file; raises `BackupRefused` for an empty one, `NewerDatabase` for one from the future."""
    tables = {name for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    found = (
        driver.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in tables else None
    )
    if found is None:
        raise BackupRefused(f"{path} is an empty studio: there is nothing in it to restore. {ADVICE}")
    if not migrations.known(str(found[0])):
        raise NewerDatabase(
            f"{path} was written by a newer version of the studio (schema {found[0]}). Update the studio first; "
            "nothing was changed."
        )
    return str(found[0])


def require_marks(driver: Any, path: Path) -> None:
    """Raise `LostWal` for what is not whole: see `core.wal`, a file that expects more than it reached was copied while
    it was in use."""
    marks = dict(driver.execute("SELECT key, value FROM meta WHERE key IN ('wal_expected', 'wal_reached')"))
    if marks.get("wal_expected", "0") != marks.get("wal_reached", "0"):
        raise LostWal(
            f"{path} was copied while it was in use, without the changes in its -wal: it is not whole. "
            "Choose another backup."
        )


def _require_structure(driver: Any, path: Path, progress: Progress) -> None:
    progress.begin("Checking the structure")
    answer = driver.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise UnusableDatabase(f"{path} is damaged ({answer}). Choose another backup.")
    if row := driver.execute("PRAGMA foreign_key_check").fetchone():
        raise UnusableDatabase(f"{path} is damaged: a row of {row[0]} refers to nothing. Choose another backup.")


def _items(driver: Any, progress: Progress) -> tuple[int, int, list[int]]:
    """(items, runs, damaged items); every byte of them is hashed."""
    items, total = driver.execute(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM media WHERE state = 'ready'"
    ).fetchone()
    runs = driver.execute("SELECT count(*) FROM generation").fetchone()[0]
    progress.begin("Checking every item", total)
    damaged = []
    for media_id, size, expected in driver.execute(ITEMS):
        digest, found = sha256(), 0
        for position, (number, data) in enumerate(driver.execute(CHUNKS, (media_id,))):
            digest.update(data)
            found += len(data) if number == position else -1
            progress.advance(len(data))
        if found != size or digest.hexdigest() != expected:
            damaged.append(media_id)
    return items, runs, damaged


def _known_damage(driver: Any) -> list[int]:
    """Items that were found damaged before the copy was made."""
    return [row[0] for row in driver.execute("SELECT id FROM media WHERE state = 'damaged'")]


def sentence_of(error: BaseException) -> str:
    """What went wrong, for the list of backups."""
    return error.sentence if isinstance(error, StudioError) else f"It could not be made: {error}."
