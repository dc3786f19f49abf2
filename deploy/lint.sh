#!/bin/sh
# Runs every linter to its end, then fails if any of them did.
set -u
cd "$(dirname "$0")/.." || exit
PATH=$PWD/.venv/bin:$PATH

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=

check() {
    title=$1
    shift
    printf '\n-- %s\n' "$title"
    "$@" || failed="$failed, $title"
}

# The manifest is parsed aside: dbt-bouncer looks for it in the target folder of the project it is told.
dbt_rules() {
    DO_NOT_TRACK=1 dbt --quiet parse --project-dir dbt_project --profiles-dir . \
        --target-path "$scratch/target" --log-path "$scratch" || return
    if ! COLUMNS=150 DBT_PROJECT_DIR=$scratch dbt-bouncer run --config-file dbt_project/dbt-bouncer.yml --show-all-failures \
        >"$scratch/report" 2>&1; then
        cat "$scratch/report"
        return 1
    fi
    echo "The project keeps the rules of dbt-bouncer.yml."
}

# Whoever installs chooses the package index, so a lock names none.
locks_name_no_host() {
    ! grep -nE '://|^-' deploy/requirements/*.txt && echo "Only pins and hashes."
}

check "Python style" ruff check
check "Python format" ruff format --check
check "Python types" basedpyright
check "Imports" lint-imports --no-logo
check "SQL" sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests
check "dbt" dbt_rules
check "Locks" locks_name_no_host

[ -z "$failed" ] || { printf '\nFailed: %s\n' "${failed#, }"; exit 1; }
