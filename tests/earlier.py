"""Makes files of the earlier system, in its two shapes and in worse ones."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

IMAGES = """
CREATE TABLE generated_images (
  id INTEGER PRIMARY KEY AUTOINCREMENT, prompt TEXT NOT NULL, image_url TEXT NOT NULL, model_id TEXT NOT NULL,
  parameters TEXT NOT NULL, status TEXT DEFAULT 'completed', collection TEXT, metadata TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, image_data BLOB
)"""
VIDEOS = IMAGES.replace("image", "video")
BEFORE_BLOBS = """
CREATE TABLE generated_videos (
  id INTEGER PRIMARY KEY AUTOINCREMENT, prompt TEXT NOT NULL, video_url TEXT NOT NULL, model_id TEXT NOT NULL,
  parameters TEXT NOT NULL, status TEXT DEFAULT 'completed', metadata TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)"""
HTML = b"<html>not found</html>"


def earlier(path: Path, tables: Iterable[str] = (IMAGES, VIDEOS), rows: Iterable[dict[str, Any]] = ()) -> Path:
    """A file with these tables and rows."""
    connection = sqlite3.connect(path)
    for statement in tables:
        connection.execute(statement)
    for row in rows:
        insert(connection, **row)
    connection.commit()
    connection.close()
    return path


def insert(connection: sqlite3.Connection, kind: str = "image", table: str = "", **values: Any) -> None:
    """A row; `data` and `url` stand for the columns of its kind."""
    plain = {"prompt": "a hill", "url": "", "model_id": "acme/painter", "parameters": "{}"} | values
    row = {f"{kind}_{name}" if name in ("url", "data") else name: value for name, value in plain.items()}
    marks = ", ".join("?" * len(row))
    names = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table or f'generated_{kind}s'} ({names}) VALUES ({marks})", list(row.values()))


def ordinary(png: bytes, clip: bytes) -> list[dict[str, Any]]:
    """What such a file mostly holds, with the troubles found in the wild."""
    flux = "black-forest-labs/flux-schnell"
    came = '{"original_url": "https://replicate.delivery/x/out-0.png", "prediction_id": "gm3qorzdhgbfurvjtvhg6dckhu"}'
    return [
        {"id": 1, "prompt": "a lighthouse at dusk", "url": "/api/images/1/data", "model_id": flux,
         "parameters": '{"seed": 7, "aspect_ratio": "1:1"}', "collection": "coast", "metadata": came,
         "created_at": "2025-11-15 10:00:00", "data": png},
        {"id": 2, "prompt": "failed one", "model_id": flux, "status": "failed",
         "metadata": '{"error": "NSFW content detected"}', "created_at": "2025-11-15 10:01:00"},
        {"id": 3, "prompt": "expired before it was saved", "url": "https://replicate.delivery/xezq/def/out-0.png",
         "model_id": "stability-ai/sdxl", "parameters": "not json", "created_at": "2025-11-14 09:00:00"},
        {"kind": "video", "id": 1, "prompt": "waves", "url": "/api/videos/1/data", "parameters": '{"duration": 6}',
         "collection": "coast", "created_at": "2025-11-15 11:00:00", "data": clip},
        {"kind": "video", "id": 2, "prompt": "junk", "url": "/api/videos/2/data", "created_at": "2025-11-15 11:01:00",
         "data": HTML},
        {"kind": "video", "id": 9, "prompt": "tides", "created_at": "2025-11-15 12:00:00", "data": clip + b"\0" * 8},
    ]  # fmt: skip
