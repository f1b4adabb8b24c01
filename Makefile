# make serve and make test need nothing but Python 3.11 or newer and make; each sets up what it needs, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Three processes keep two cores busy, since tests often wait for servers they start; `make test JOBS=8` on more cores.
JOBS ?= 3
PYTEST := -m pytest -q -n $(JOBS) --dist worksteal

# `make help` prints the lines of this file that have two # signs: a target with its description, or the name of a group.
.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Run

.PHONY: serve
serve: $(VENV)/.installed graphiql-once ## Serve on http://127.0.0.1:8000/graphql, over SQLite or STANCEGRAPH_DATABASE_URL
	@$(BIN)/stancegraph serve --local

##@ Check

CHECKS := lint types imports snapshot docs
SHORT := not slow and not soak

.PHONY: test
test: $(CHECKS) ## Run all checks and tests but the soak tests: what CI runs
	@echo "== tests, on SQLite and on Postgres: up to a quarter of an hour"
	@$(BIN)/python $(PYTEST) -m "not soak"

.PHONY: test-quick
test-quick: $(CHECKS) ## Run all checks and the short tests: some minutes
	@echo "== short tests, on SQLite and on Postgres"
	@$(BIN)/python $(PYTEST) -m "$(SHORT)"

.PHONY: test-soak
test-soak: $(VENV)/.installed-dev ## Run the soak tests: thousands of documents, large databases, every caller
	@echo "== soak tests, on SQLite and on Postgres"
	@$(BIN)/python $(PYTEST) -m soak

.PHONY: coverage
coverage: $(VENV)/.installed-dev ## Measure the coverage of the short tests, and of the processes they start
	@echo "== short tests, on SQLite and on Postgres, with coverage"
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(PYTEST) -m "$(SHORT)"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check style and formatting (ruff)
	@echo "== lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.installed-dev ## Check types (mypy)
	@echo "== types"
	@$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.installed-dev ## Check that imports run downwards through the layers (import-linter)
	@echo "== import contract"
	@$(BIN)/lint-imports --no-logo

.PHONY: snapshot
snapshot: $(VENV)/.installed-dev ## Check that schema.graphql is the schema that the code serves
	@echo "== schema snapshot"
	@$(BIN)/stancegraph schema | diff -u schema.graphql - \
		|| { echo "schema.graphql is not what the code serves: run make schema"; exit 1; }

.PHONY: docs
docs: $(VENV)/.installed-dev ## Build the documentation; the server then serves it at /docs
	@echo "== documentation"
	@$(BIN)/python -m docs.generator
	@$(BIN)/zensical build --clean --strict

##@ Develop

.PHONY: bench
bench: $(VENV)/.installed-dev ## Compare the speed with hand-written SQL: an hour, or minutes with QUICK=1
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

.PHONY: schema
schema: $(VENV)/.installed ## Write schema.graphql from the code
	@$(BIN)/stancegraph schema > schema.graphql.new && mv schema.graphql.new schema.graphql || { rm -f schema.graphql.new; exit 1; }

.PHONY: format
format: $(VENV)/.installed-dev ## Format all Python files and fix what ruff can fix
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

GRAPHIQL := api/http/graphiql

.PHONY: graphiql
graphiql: ## Bundle GraphiQL for the browser (needs npm)
	@echo "== Bundling GraphiQL"
	@cd $(GRAPHIQL) && npm ci --silent && npm run build --silent && rm -rf node_modules

.PHONY: graphiql-once
graphiql-once: ## Bundle GraphiQL if its sources changed; without npm, a plain form is served
	@if command -v npm >/dev/null 2>&1 && { [ ! -f $(GRAPHIQL)/dist/files.json ] || \
		[ -n "$$(find $(GRAPHIQL) -maxdepth 1 -name '*.js*' -newer $(GRAPHIQL)/dist/files.json)" ]; }; then \
		$(MAKE) --no-print-directory graphiql || echo "== GraphiQL could not be bundled; a plain form is served instead"; fi

.PHONY: hooks
hooks: $(BIN)/python ## Install pre-commit and the hooks that run the checks before each commit
	@$(PIP) install pre-commit
	@$(BIN)/pre-commit install

.PHONY: lock
lock: $(VENV)/.installed-dev ## Write the lock files; with UPGRADE=--upgrade, for the newest versions
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		$(UPGRADE) pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev -c requirements.lock $(UPGRADE) pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra docs -c requirements-dev.lock $(UPGRADE) pyproject.toml -o requirements-docs.lock

.PHONY: clean
clean: ## Remove the environment and all caches, but not the database in var/
	rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "stancegraph needs Python 3.11 or newer: install it, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "== Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# The development environment holds all of the other, so that either may come first.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "== Installing the locked dependencies: this takes a minute, once"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "== Installing what development needs"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
