"""Benchmarks, each side by side with its yardstick in one run: `python -m bench [name ...]`, results in docs/.

A benchmark is a module here with `TITLE` and `measure() -> Table`; its name on the command line is the module's.
"""
