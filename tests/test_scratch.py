"""Temporary files do not outlive their process, however it ends."""

import subprocess
import sys
from pathlib import Path

from core.scratch import PREFIX, Scratch, sweep

CODE = """
import sys, time
from pathlib import Path
from core.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
(scratch.keep("7") / "still.png").write_bytes(b"half a picture")
print(scratch.folder, flush=True)
time.sleep(60)
"""


def test_a_room_is_gone_afterwards(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    with scratch.room() as room:
        (room / "file").write_bytes(b"x")
    assert not room.exists()
    scratch.close()
    assert list(tmp_path.iterdir()) == []


def test_a_kept_folder_begins_empty(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    (scratch.keep("1") / "old").write_bytes(b"x")
    assert list(scratch.keep("1").iterdir()) == []
    scratch.drop("1")
    scratch.drop("1")
    scratch.close()


def test_a_killed_process_is_swept_and_a_living_one_is_not(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", CODE, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert sweep(tmp_path) == 0
    assert (folder / "7" / "still.png").exists()
    process.kill()
    process.wait()
    process.stdout.close()
    assert sweep(tmp_path) == 1
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
