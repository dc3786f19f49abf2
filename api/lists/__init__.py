"""Lists over the warehouse: one way to filter, sort, page and write them, whatever they hold.

    queries.py of a resource ──> Listing (SQL in parts) ──> answer ── JSON: a page in the envelope
                                                               └──── CSV, NDJSON, Parquet, Arrow: a stream

`page.Page` are the parameters that every list has, `cursor` says where a walk stands.
"""
