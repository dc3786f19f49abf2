"""What the headers of a file claim, held against what its cells say."""

from dataclasses import replace
from pathlib import PurePath
from typing import IO

from extract.csv_files.coins import CoinEvidence, CoinReader
from extract.csv_files.layout import Layout, data_rows
from extract.csv_files.reading import Style
from extract.csv_files.volumes import VolumeEvidence


def verified(copy: IO[bytes], layout: Layout, style: Style, file: str) -> tuple[Layout, CoinReader]:
    """Read the whole file once: the layout without what its cells contradict, and how its rows say their coin."""
    mapping = layout.mapping
    read = style.numbers.reader()
    coins = CoinEvidence(mapping, PurePath(file).stem)
    volumes = VolumeEvidence(mapping, read)
    price = mapping.matches.get("price") or mapping.matches.get("close")
    for _, cells in data_rows(copy, layout):
        if isinstance(cells, list):
            coins.add(cells, read(cells[price.column]) if price else None)
            volumes.add(cells)
    found, reader = coins.mapped()
    return replace(layout, mapping=volumes.mapped(found)), reader
