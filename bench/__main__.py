"""`python -m bench [NAME ...]`: measures and prints one table; `--json OUT` keeps it as figures."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from bench.harness import Measurement, Plan, Spread, spread, workplace
from core.errors import StudioError

NAMES: Final = ("compaction", "ingest", "library", "notebook", "page", "serving", "storage")  # modules of this package


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; returns the exit code."""
    options = _parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in NAMES]
    folder = options.json.parent if options.json else Path()
    if unknown:
        return _refuse(f"There is no measurement '{unknown[0]}'; there are {', '.join(NAMES)}.")
    if options.runs is not None and options.runs < 1:
        return _refuse("--runs must be 1 or more.")
    if not folder.is_dir():
        return _refuse(f"There is no folder {folder} for the figures.")
    chosen = {name: _module(name) for name in options.names or NAMES}
    if options.list:
        return _list(chosen)
    figures = _run(chosen, Plan(options.runs or (2 if options.quick else 7), options.quick))
    if options.json:
        options.json.write_text(json.dumps({name: asdict(found) for name, found in figures.items()}, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a measurement; all of them without")
    parser.add_argument("--list", action="store_true", help="name the measurements and their figures")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to this file")
    parser.add_argument("--runs", type=int, metavar="N", help="runs after the warm-up (7)")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the bench itself")
    return parser


def _module(name: str) -> Measurement:
    return cast(Measurement, import_module(f"bench.{name}"))


def _list(chosen: Mapping[str, Measurement]) -> int:
    for name, module in chosen.items():
        print(name, *(f"  {figure:<28} {meaning}" for figure, meaning in module.MEANINGS.items()), sep="\n")
    return 0


def _run(chosen: Mapping[str, Measurement], plan: Plan) -> dict[str, Spread]:
    figures: dict[str, Spread] = {}
    print(f"{'':<28}{'min':>9}{'median':>9}{'max':>9}  {plan.runs} runs{', quick: no claim' if plan.quick else ''}")
    with workplace(max(module.space(plan) for module in chosen.values())) as scratch:
        for module in chosen.values():
            found = {name: spread(samples) for name, samples in module.measure(scratch, plan).items()}
            for name, values in found.items():
                print(_row(name, values, module.MEANINGS[name]), flush=True)
            figures |= found
    return figures


def _row(name: str, values: Spread, meaning: str) -> str:
    return f"{name:<28}{values.min:>9,.2f}{values.median:>9,.2f}{values.max:>9,.2f}  {meaning}"


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidies up as Ctrl-C does
    try:
        sys.exit(main())
    except StudioError as error:
        sys.exit(error.sentence)
    except KeyboardInterrupt:
        print("Interrupted; nothing was left behind.", file=sys.stderr, flush=True)
        os._exit(130)  # code that was run by `exec`, as migrations are, makes Python end by the signal otherwise
