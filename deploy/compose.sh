#!/bin/sh
# Docker Compose for this system: deploy/compose.sh up|down|logs|build [options], DEMO=1 for the demo.
set -eu
cd "$(dirname "$0")/.."

die() { printf '%s\n' "$*" >&2; exit 1; }

# Compose would generate no password, and a known default is none.
make_password() {
    if [ -n "${POSTGRES_PASSWORD:-}" ] || grep -q '^POSTGRES_PASSWORD=' .env 2>/dev/null; then return; fi
    umask 077
    password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    # a last line without an end must not grow
    [ ! -s .env ] || [ -z "$(tail -c1 .env)" ] || echo >>.env
    printf '# Made once for the Postgres of the containers; their volume "warehouse" knows no other\nPOSTGRES_PASSWORD=%s\n' \
        "$password" >>.env
    chmod 600 .env
    echo "Wrote a new POSTGRES_PASSWORD to .env" >&2
}

command -v docker >/dev/null ||
    die "Docker is not installed, and containers need it. Without containers: make run."
docker compose version >/dev/null 2>&1 ||
    die "Docker is here, but its Compose plugin (2.24 or newer) is not. Debian and Ubuntu: the package docker-compose-plugin" \
        "of Docker's own repository. Without containers: make run."
docker info >/dev/null 2>&1 ||
    die "Docker does not answer. Is its daemon running, and may you use it (group docker)? Without containers: make run."

if [ -n "${DEMO:-}" ]; then # its data stay apart from the real ones
    export COMPOSE_PROJECT_NAME=kasparro-demo COMPOSE_PROFILES=demo DEMO_SETTINGS=deploy/demo.env
fi
make_password

if [ "$1" != up ]; then exec docker compose "$@"; fi

docker compose up --build --detach
# A second call waits for what has to stay up; the first pass ends by itself.
docker compose up --detach --wait warehouse prefect flows api ||
    die "Not everything came up: make logs shows why, make logs S=api for one service."
docker compose ps
echo "The admin key: docker compose ${DEMO:+--project-name kasparro-demo }exec api cat /var/lib/kasparro/keys/admin_api_key"
