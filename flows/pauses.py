"""`python -m flows.pauses`: ask again at once those providers and feeds that are left alone for a while."""

import argparse
import sys
from collections.abc import Sequence

from extract import calls, pipeline
from extract.errors import SourceError
from kasparro import logs
from kasparro.settings import ALL_SOURCES, SettingsError, load_settings
from kasparro.warehouse import WarehouseError, ensure_warehouse


def main(given: Sequence[str] | None = None) -> int:
    """Lift the pauses of the sources named, or of all; every failure is one line that says what to do."""
    parser = argparse.ArgumentParser(prog="python -m flows.pauses", description="Lift the pauses of sources.")
    parser.add_argument("sources", nargs="*", metavar="source", help=f"{', '.join(ALL_SOURCES)} (default: all)")
    sources: list[str] = parser.parse_args(given).sources
    if unknown := [name for name in sources if name not in ALL_SOURCES]:
        print(f"no source is called {', '.join(unknown)}: there are {', '.join(ALL_SOURCES)}", file=sys.stderr)
        return 2
    try:
        settings = load_settings()
        logs.configure(settings)
        warehouse = ensure_warehouse(settings)
        for name in ALL_SOURCES:
            if not sources or name in sources:
                pipeline.prepare_source(name, settings, warehouse)
                until = calls.lift(warehouse.url("loader"), f"raw_{name}")
                paused = f"was to be left alone until {until:%d %b %H:%M} UTC, is" if until else "is"
                print(f"{name} {paused} asked by the next run{', every feed of it' if name == 'rss' else ''}")
    except (SettingsError, WarehouseError, SourceError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
