"""What people ask of a library: pages under filters and in every order, and searches, the awkward ones among them."""

import random
from typing import Final

from bench.collection import BY_WORD, LABELS, NAMES, WORDS
from core.search import Query

Filters = tuple[tuple[str, str], ...]
FILTERS: Final[tuple[Filters, ...]] = (
    (),
    (("kind", "image"),),
    (("kind", "video"),),
    (("kind", "audio"),),
    (("provider", "replicate"),),
    (("model", NAMES[0]),),
    (("model", NAMES[45]),),
    (("rating", ">=4"),),
    (("rating", "5"),),
    (("is", "favourite"),),
    (("tag", LABELS[0]),),
    (("tag", LABELS[399]),),
    (("date", "2023-12"),),
    (("date", "2025-02-03"),),
    (("size", ">10mb"),),
    (("size", ">60mb"),),
    (("aspect", "portrait"),),
    (("duration", ">20"),),
    (("has", "input"),),
    (("experiment", WORDS[210]),),
    (("batch", "batch-100"),),
    (("status", "failed"),),
    (("kind", "video"), ("aspect", "portrait"), ("is", "favourite")),
    (("model", NAMES[45]), ("rating", "5")),
    (("model", NAMES[30]), ("is", "favourite"), ("tag", LABELS[300])),
    (("tag", LABELS[0]), ("tag", LABELS[1]), ("tag", LABELS[2])),
    (("date", "2023-12"), ("rating", ">=4"), ("has", "audio")),
    (("kind", "audio"), ("aspect", "square")),  # nothing is both
    (("is", "unrated"), ("kind", "video"), ("size", "1mb..2mb"), ("duration", "<10")),
    (("provider", "sketch"), ("rating", ">=3"), ("aspect", "landscape"), ("date", ">=2026"), ("has", "input")),
)
ORDERS: Final = ("newest", "oldest", "rating", "largest", "smallest", "random")


def pages() -> list[Query]:
    """Every filter in the usual order, and each in one of the others."""
    found = [Query(filters=filters) for filters in FILTERS]
    others = [Query(filters=filters, order=ORDERS[number % 6], seed=number) for number, filters in enumerate(FILTERS)]
    trash = [Query(trash=True), Query(runs="only"), Query(runs="too", filters=(("model", NAMES[3]),))]
    return found + others + trash


def searches(number: int = 66) -> list[Query]:
    """Words as frequent as they are in the prompts, so that common ones come often; in orders and with filters."""
    chance = random.Random(11)
    return [_search(chance, turn) for turn in range(number)]


def _search(chance: random.Random, turn: int) -> Query:
    one, two, three = chance.choices(WORDS, cum_weights=BY_WORD, k=3)
    rare = WORDS[chance.randint(1_000, 5_000)]
    forms = (
        one, one, rare, f"{one} {two}", f"{one} {rare}", f"{one} {two} {three}", f'"{one} {two}"', f"{one[:2]}*",
        f"{one[:4]}*", f"{rare[:5]}*", f"{one} -{two}", f"{rare} -{one}", "memory", f"{one} rating:>=4",
        "nothinglikeit", f"{one} tag:{LABELS[turn % 400]}", f"{two} is:favourite", f"-{one}",
        f"{one} model:{NAMES[turn % 50]}", f"{one} kind:video date:2024-05", f"{WORDS[turn % 9]} is:favourite rating:5",
        f"{WORDS[turn % 5]} is:favourite has:audio aspect:square",
    )  # fmt: skip
    order = ("", "", "", "newest", "largest")[turn % 5]
    return Query(forms[turn % len(forms)], order=order, runs="too" if turn % 7 == 0 else "")
