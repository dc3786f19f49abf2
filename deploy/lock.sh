#!/bin/sh
# Makes the hashed locks anew: one per purpose, for every platform, naming no package index.
set -eu
cd "$(dirname "$0")/.."

lock() {
    target=$1
    shift
    .venv/bin/uv pip compile "$@" --output-file "deploy/requirements/$target.txt" --quiet --upgrade --universal \
        --constraints deploy/requirements/constraints.in --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate
}
lock installer --group installer
lock run pyproject.toml
lock dev pyproject.toml --group dev
