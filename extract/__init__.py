"""Extraction: a folder per source, each a dlt source that lands what its provider sent in a raw schema.

    provider ──http.Client──> payloads ──records.land──> Arrow tables ──dlt (CSV, COPY)──> raw_<source>.<table>
                                              └── no usable key ──> raw_<source>.rejected_records

`extract.pipeline.run(name, settings)` runs one source; so does `python -m extract <name>`.
"""

# It puts away what the shell has, and has to do so before anything here imports dlt
import kasparro  # noqa: F401  # pyright: ignore[reportUnusedImport]
