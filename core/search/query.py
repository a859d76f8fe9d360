"""What is asked for: words, filters, an order and where to look; and the same as the parameters of an address.

A filter is a key and a value in the syntax of the search box: ("rating", ">=4") is what one may type as rating:>=4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

KEYS: Final = (
    "kind", "provider", "model", "status", "date", "after", "before", "rating", "is", "has", "tag", "batch",
    "experiment", "size", "aspect", "duration",
)  # fmt: skip
ORDERS: Final = ("best", "newest", "oldest", "rating", "largest", "smallest", "random")
RUNS: Final = ("too", "only")
LONGEST: Final = 1_000  # characters of a value
MOST: Final = 64  # filters
SEEDS: Final = 2**31


@dataclass(frozen=True)
class Query:
    """`text` is what was typed; `filters` are (key, value) pairs; one key may come several times.

    `order` is one of ORDERS or "": best where there are words, else newest. `seed` is for the order "random". `runs`
    says whether runs that ended without an item are found as well: "too", "only" or "" for no. `trash` looks there.
    Raises `ValueError` for a key, order or word that does not exist.
    """

    text: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    order: str = ""
    seed: int = 0
    runs: str = ""
    trash: bool = False

    def __post_init__(self) -> None:
        if self.order not in ("", *ORDERS) or self.runs not in ("", *RUNS) or not 0 <= self.seed < SEEDS:
            raise ValueError(f"no such order, seed or runs: {self.order!r}, {self.seed}, {self.runs!r}")
        plain = dict.fromkeys((key, _plain(value)) for key, value in self.filters)
        object.__setattr__(self, "text", _plain(self.text))
        object.__setattr__(self, "filters", tuple(sorted(plain, key=lambda each: KEYS.index(each[0]))))

    def values(self, key: str) -> tuple[str, ...]:
        """What the filters of this key ask for."""
        return tuple(value for name, value in self.filters if name == key)

    def having(self, key: str, *values: str) -> "Query":
        """The same with these values for a key, in place of those before."""
        others = tuple(each for each in self.filters if each[0] != key)
        return replace(self, filters=(*others, *((key, value) for value in values)))

    @property
    def narrow(self) -> bool:
        """Whether anything is asked for but everything."""
        return bool(self.text.strip() or self.filters or self.runs or self.trash)


def to_params(query: Query) -> dict[str, str | list[str]]:
    """The parameters of an address that leads to the same."""
    plain = {"q": query.text, "sort": query.order, "seed": query.seed and str(query.seed), "runs": query.runs}
    params: dict[str, str | list[str]] = {name: str(value) for name, value in plain.items() if value}
    for key in KEYS:
        values = query.values(key)
        if values:
            params[key] = values[0] if len(values) == 1 else list(values)
    return params | ({"trash": "1"} if query.trash else {})


def from_params(params: Mapping[str, str | Sequence[str]]) -> Query:
    """What an address asks for; what makes no sense in it is passed over."""
    one = {name: _all(params, name)[:1] for name in ("q", "sort", "seed", "runs", "trash")}
    text, order, seed, runs, trash = ("".join(one[name]) for name in one)
    filters = [(key, value) for key in KEYS for value in _all(params, key)]
    return Query(
        text=text,
        filters=tuple(filters[:MOST]),
        order=order if order in ORDERS else "",
        seed=int(seed) % SEEDS if seed.isascii() and seed.isdigit() else 0,
        runs=runs if runs in RUNS else "",
        trash=trash == "1",
    )


def _plain(text: str) -> str:
    """Without what SQLite cannot take as text."""
    return text.encode("utf-8", "ignore").decode().replace("\0", " ")


def _all(params: Mapping[str, str | Sequence[str]], name: str) -> list[str]:
    found = params.get(name, ())
    return [value[:LONGEST] for value in ([found] if isinstance(found, str) else found) if value]
