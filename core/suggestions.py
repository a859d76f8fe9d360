"""Prices to start from, each with its day and its source: a person takes them over, nothing applies them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from core.prices import Price

FILE: Final = Path(__file__).parent / "data" / "prices.toml"


@cache
def suggested() -> tuple[Price, ...]:
    """All suggestions."""
    with FILE.open("rb") as file:
        return tuple(Price(**row) for row in tomllib.load(file)["price"])


def for_model(model: str) -> list[Price]:
    """Those for one model."""
    return [row for row in suggested() if row.model == model.strip().lower()]
