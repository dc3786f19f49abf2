# Kasparro's front door. `make help` lists the commands; they need Python 3.11 or newer and make, nothing else.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

export PYTHON DEMO     # make PYTHON=/path/to/python3 run; make DEMO=1 up
# What the shell has for other Pythons is not for ours: paths, warnings as errors, a prompt at the end, no compiled files
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONUTF8 := 1
python := .venv/bin/python

# Recipes `exec` what they run: make then passes a SIGTERM on to it, and dies without a word when it ends well.
# (Make answers any failure with 2 of its own. It prints the real status; `python -m flows.elt` run directly keeps it.)

##@ Everyday

run: ready ## Set up, then run it all in the foreground: warehouse, Prefect, a first pass, API, dashboard
	@exec $(python) -m kasparro run

demo: ready ## The same against the stand-in providers: no internet, no keys
	@exec $(python) -m kasparro demo

elt: ready ## One extract-then-transform pass: make elt ARGS="--sources coingecko --catalogue" (--help: exit codes)
	@exec $(python) -m flows.elt $(ARGS)

backfill: ready ## The past of coins: make backfill ARGS="btc --from 2025-01-01"
	@exec $(python) -m flows.backfill $(ARGS)

maintenance: ready ## Remove what is older than the retention settings allow
	@exec $(python) -m flows.maintenance

api: ready ## The API and the dashboard alone
	@exec $(python) -m api

stop: ready ## End a running pass, and stop the embedded warehouse that `make elt` leaves running
	@exec $(python) -m kasparro stop

backup: ready ## Write a backup of the warehouse: make backup ARGS="/path/to/file.dump"
	@exec $(python) -m kasparro backup $(ARGS)

restore: ready ## Put a backup in place of the warehouse, after asking: make restore ARGS="/path/to/file.dump"
	@exec $(python) -m kasparro restore $(ARGS)

clean: ready ## Remove everything written at run time (KASPARRO_HOME), after asking
	@exec $(python) -m kasparro clean

schedule: ready ## What runs when, and what came of it last: make schedule ARGS="pause", "resume"
	@exec $(python) -m flows.schedule $(or $(ARGS),status)

alert-test: ready ## Send a test alert to ALERT_URL
	@exec $(python) -m flows.alerts test

lift-pause: ready ## Ask providers and feeds again at once that are left alone: make lift-pause ARGS="coingecko"
	@exec $(python) -m flows.pauses $(ARGS)

drift: ready ## What providers send in another form, and what to do: make drift ARGS="accept EVENT"
	@exec $(python) -m flows.drift $(ARGS)

##@ For analysts

dbt: ready ## dbt with credentials supplied: make dbt ARGS="build"
	@exec $(python) -m kasparro dbt $(ARGS)

rebuild: ready ## Make every derivation anew from raw and the records, and publish what differs
	@exec $(python) -m flows.rebuild

docs: ready ## Generate dbt's documentation and serve it
	@exec $(python) -m kasparro docs

url: ready ## Print the warehouse's URL for the reader role, for BI tools; ARGS="--analyst" for your own views
	@exec $(python) -m kasparro url $(ARGS)

psql: ready ## Open psql on the warehouse as the reader role: make psql ARGS="-c '...'"; ARGS="--analyst" may create views
	@exec $(python) -m kasparro psql $(ARGS)

identity-eval: ready ## Measure the published identities: make identity-eval TRUTH=pairs.tsv [NEGATIVES=pairs.tsv]
	@exec $(python) -m flows.identity_eval "$(TRUTH)" $(if $(NEGATIVES),--negatives "$(NEGATIVES)")

identity-preview: ready ## Say what the decisions in the seed identity_overrides would change, before they do
	@exec $(python) -m flows.identity_preview

##@ As containers

up: ## Build the image and start every service: make up DEMO=1 with the stand-in providers
	@exec deploy/compose.sh up

down: ## Stop and remove the containers; their volumes stay
	@exec deploy/compose.sh down

logs: ## Follow the logs: make logs S=api for one service
	@exec deploy/compose.sh logs --follow --tail=200 $(S)

build: ## Build the image
	@exec deploy/compose.sh build

##@ For developers

test: ready-dev ## The test suite; long proofs as a seeded sample
	@exec $(python) -m pytest

test-long: ready-dev ## The long proofs at full length, results written to docs/
	@exec $(python) -m pytest -m long

test-coverage: ready-dev ## The test suite with line and branch coverage; fails under 90 %
	@exec $(python) -m pytest --cov --cov-report=term-missing:skip-covered

lint: ready-dev ## Every linter: Python, imports, SQL, dbt, locks
	@exec deploy/lint.sh

bench: ready-dev ## The benchmarks
	@exec $(python) -m bench

lock: ready-dev ## Make the locks in deploy/requirements anew from pyproject.toml
	@exec deploy/lock.sh

help: ## This list
	@awk -F ': [^#]*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.* ## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

ready:
	@deploy/install.sh run

ready-dev:
	@deploy/install.sh dev

.PHONY: run demo elt backfill maintenance backup restore api stop clean schedule alert-test lift-pause drift dbt \
	rebuild docs url psql identity-eval identity-preview \
	up down logs build test test-long test-coverage lint bench lock help ready ready-dev
