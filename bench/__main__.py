"""`python -m bench [name ...]`: measure, print, and write down in docs/benchmarks.md; without names, everything."""

import argparse
import os
import pkgutil
import platform
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import bench
from kasparro.settings import REPOSITORY

RESULTS = REPOSITORY / "docs" / "benchmarks.md"
HELPERS = {"__main__", "load", "per_record", "scratch", "table", "yardsticks"}
HEAD = """# Benchmarks

Written by `make bench`. Each figure stands beside its yardstick, measured in the same run on the same machine.
"""


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in HELPERS)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(names())}")
    chosen = parser.parse_args().names or names()
    if unknown := set(chosen) - set(names()):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in chosen:
        module = import_module(f"bench.{name}")
        print(f"{module.TITLE} …", flush=True)
        load = os.getloadavg()[0]
        text = module.measure().markdown()
        print(f"\n{text}\n", flush=True)
        measured = f"Measured {datetime.now(UTC):%d %B %Y} on {machine(load)}."
        write(RESULTS, name, f"## {module.TITLE}\n\n{text}\n\n{measured}")


def write(results: Path, name: str, section: str) -> None:
    """Put a benchmark's section in the place of its last one, and leave the others as they are."""
    text = results.read_text() if results.exists() else HEAD
    marked = f"<!-- {name} -->\n{section}\n<!-- /{name} -->\n"
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->\n", re.DOTALL)
    replaced = pattern.sub(lambda _: marked, text) if pattern.search(text) else f"{text}\n{marked}"
    results.write_text(replaced)


def machine(load: float) -> str:
    """What it ran on, in a few words, and how busy that was with other work: its load before."""
    cores = f"{os.cpu_count()} cores"
    busy = f" that were busy with other work (load {load:.0f})" if load > 1 else ""
    return f"{cores}{busy}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    main()
