"""What can be found and what a query should find, computed the slow way from the rows alone."""

import re
from datetime import date
from typing import Any

from sqlalchemy import text

from core.database import Database

EPOCH = date(1970, 1, 1)
DIGITS = {"bytes": 40, "duration": 32, "day": 16, "rating": 3}
_ITEMS = """
SELECT media.*, g.batch, g.provider, g.model, g.prompt, g.status, g.error, g.logs, g.text, g.experiment,
  (SELECT count(*) FROM generation_input AS i WHERE i.generation_id = g.id) AS inputs
FROM media LEFT JOIN generation AS g ON g.id = media.generation_id WHERE media.state IN ('ready', 'thinned')
"""
_RUNS = """
SELECT g.*, (SELECT count(*) FROM generation_input AS i WHERE i.generation_id = g.id) AS inputs FROM generation AS g
WHERE (status IN ('failed', 'canceled') OR status = 'succeeded' AND text IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM media WHERE generation_id = g.id AND state IN ('ready', 'thinned'))
"""
_TAGS = "SELECT media_id, name FROM media_tag JOIN tag ON tag.id = tag_id ORDER BY media_id, tag.id"


def things(database: Database) -> list[dict[str, Any]]:
    """Every item and every run without one, as plain values."""
    with database.read() as connection:
        tags: dict[int, list[str]] = {}
        for media_id, name in connection.execute(text(_TAGS)):
            tags.setdefault(media_id, []).append(name)
        items = [_item(dict(row._mapping), tags) for row in connection.execute(text(_ITEMS))]
        runs = [_run(dict(row._mapping)) for row in connection.execute(text(_RUNS))]
    return items + runs


def facets(thing: dict[str, Any]) -> set[str]:
    """The names of the facets that a thing should have."""
    found = {"upload"} if thing["run"] is None else {f"{key}:{thing[key]}" for key in ("provider", "model", "status")}
    found |= {"media" if thing["item"] else "run", f"kind:{thing['kind']}"}
    found |= {f"{key}:{thing[key]}" for key in ("experiment", "aspect") if thing[key]}
    found |= {f"has:{key}" for key in ("input", "audio") if thing[f"has_{key}"]}
    found |= {f"tag:{name}" for name in thing["tags"]} | ({"favourite"} if thing["favourite"] else set())
    for name, digits in DIGITS.items():
        found |= {f"{name}.{digit}" for digit in range(digits) if thing[name] >> digit & 1}
    return {f"trash/{name}" for name in found} if thing["trashed"] else found


def tokens(words: str) -> list[str]:
    """Words as the full-text index has them, for the plain ones of the tests: no endings to cut off."""
    return re.findall(r"\w+", words.lower())


def _item(row: dict[str, Any], tags: dict[int, list[str]]) -> dict[str, Any]:
    seen = row["kind"] in ("image", "video") and row["width"] and row["height"]
    common = _common(row, row["created_at"])
    return common | {
        "item": row["id"],
        "run": row["generation_id"],
        "kind": row["kind"],
        "bytes": row["bytes"] or 0,
        "duration": round((row["duration"] or 0) * 1000),
        "rating": row["rating"],
        "favourite": bool(row["favourite"]),
        "aspect": _aspect(row["width"], row["height"]) if seen else None,
        "has_audio": bool(row["has_audio"]) or row["kind"] == "audio",
        "tags": tags.get(row["id"], []),
        "trashed": row["trashed_at"] is not None,
        "words": {
            "prompt": row["prompt"] if row["prompt"] is not None else row["name"] or "",
            "tags": ", ".join(tags.get(row["id"], [])),
            "note": row["note"],
        }
        | common["words"],
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    common = _common(row, row["finished_at"] or row["created_at"])
    nothing = {"bytes": 0, "duration": 0, "rating": 0, "favourite": False, "aspect": None, "has_audio": False}
    words = {"prompt": row["prompt"], "tags": "", "note": ""} | common["words"]
    return common | nothing | {
        "item": None, "run": row["id"], "kind": row["kind"], "tags": [], "trashed": False, "words": words,
    }  # fmt: skip


def _common(row: dict[str, Any], moment: str) -> dict[str, Any]:
    answer = row["text"] + "\n" if row["text"] is not None else ""
    return {
        **{key: row[key] for key in ("batch", "provider", "model", "status", "experiment")},
        "has_input": bool(row["inputs"]),
        "moment": moment,
        "day": (date.fromisoformat(moment[:10]) - EPOCH).days,
        "words": {"model": row["model"] or "", "error": row["error"] or "", "logs": answer + (row["logs"] or "")},
    }


def _aspect(width: int, height: int) -> str:
    if width * 100 > height * 105:
        return "landscape"
    return "portrait" if height * 100 > width * 105 else "square"
