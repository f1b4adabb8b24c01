# make serve and make test need nothing but Python 3.11 or newer and make; each sets up what it needs, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Tests use both cores of a small machine; `make test JOBS=8` for a larger one.
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

.PHONY: help
help: ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

.PHONY: serve
serve: $(VENV)/.installed graphiql-once ## Serve on http://127.0.0.1:8000/graphql, over SQLite unless STANCEGRAPH_DATABASE_URL says otherwise
	@$(BIN)/stancegraph serve --local

CHECKS := lint types imports snapshot docs

.PHONY: test
test: $(CHECKS) ## Check everything: what CI runs
	@echo "== tests, on SQLite and on Postgres: up to a quarter of an hour"
	@$(PYTEST) -m "not soak"

.PHONY: test-quick
test-quick: $(CHECKS) ## Check everything but the long tests, in some minutes
	@echo "== short tests, on SQLite and on Postgres"
	@$(PYTEST) -m "not slow and not soak"

.PHONY: test-soak
test-soak: $(VENV)/.installed-dev ## Run what takes longer: thousands of generated documents, large databases, every caller
	@echo "== soak tests, on SQLite and on Postgres"
	@$(PYTEST) -m soak

.PHONY: lint
lint: $(VENV)/.installed-dev
	@echo "== lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.installed-dev
	@echo "== types"
	@$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.installed-dev
	@echo "== import contract"
	@$(BIN)/lint-imports --no-logo

.PHONY: snapshot
snapshot: $(VENV)/.installed-dev
	@echo "== schema snapshot"
	@$(BIN)/stancegraph schema | diff -u schema.graphql - \
		|| { echo "schema.graphql is not what the code serves: run make schema"; exit 1; }

.PHONY: docs
docs: $(VENV)/.installed-dev ## Build the documentation as a site; the server then serves it at /docs
	@echo "== documentation"
	@$(BIN)/python -m docs.generator
	@$(BIN)/zensical build --clean --strict

.PHONY: bench
bench: $(VENV)/.installed-dev ## Measure speed against a floor of hand-written SQL; QUICK=1 for minutes instead of an hour
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

.PHONY: schema
schema: $(VENV)/.installed ## Write schema.graphql anew
	@$(BIN)/stancegraph schema > schema.graphql.new && mv schema.graphql.new schema.graphql || { rm -f schema.graphql.new; exit 1; }

.PHONY: format
format: $(VENV)/.installed-dev ## Put all Python files into shape
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

GRAPHIQL := api/http/graphiql

.PHONY: graphiql
graphiql: ## Bundle GraphiQL for the browser (needs npm); a plain form stands in for it until then
	@echo "== Bundling GraphiQL"
	@cd $(GRAPHIQL) && npm ci --silent && npm run build --silent && rm -rf node_modules

# Where there is no npm, or it cannot do it, the plain form does. A bundle that is older than its sources is made again.
.PHONY: graphiql-once
graphiql-once:
	@if command -v npm >/dev/null 2>&1 && { [ ! -f $(GRAPHIQL)/dist/files.json ] || \
		[ -n "$$(find $(GRAPHIQL) -maxdepth 1 -name '*.js*' -newer $(GRAPHIQL)/dist/files.json)" ]; }; then \
		$(MAKE) --no-print-directory graphiql || echo "== GraphiQL could not be bundled; a plain form stands in for it"; fi

.PHONY: lock
lock: $(VENV)/.installed-dev ## Resolve the dependencies anew
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		$(UPGRADE) pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev -c requirements.lock $(UPGRADE) pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra docs -c requirements-dev.lock $(UPGRADE) pyproject.toml -o requirements-docs.lock

.PHONY: clean
clean: ## Remove the environment and all caches; the database in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

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
