# One front door. Each target sets up what it needs in .venv; a second call finds it there.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip
INSTALL := $(PIP) install --quiet --require-hashes
LOCKS := requirements.lock requirements-build.lock requirements-dev.lock
# Tests wait, for processes and disks, about as long as they compute.
WORKERS ?= $(shell expr \( 3 \* $$(getconf _NPROCESSORS_ONLN) + 1 \) / 2)
PACKAGES := consentry ssi_core wallet issuer verifier registry consent_contracts

# Tests, demo and bench start hundreds of processes. What they run is compiled once, not by each,
# also where the environment says otherwise, as images for containers like to.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test patroni lint bench load docs lock wheel-test clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' Makefile

demo: .venv/.runtime ## play the story once, on loopback, and check every promise
	$(BIN)/consentry demo --once

test: .venv/.dev ## run the test suite
	@$(BIN)/python -m tests.support.node_peers
	@$(MAKE) --no-print-directory patroni || echo "Patroni could not be installed."
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

patroni: .venv/.dev ## install Patroni, for the drill that kills its leaders
	@test -d .venv/patroni/patroni || $(PIP) install --quiet --target .venv/patroni "patroni[etcd3,psycopg3]>=4.1,<5"

lint: .venv/.dev ## style, types, layers, generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python scripts/spec_coverage.py --check
	$(BIN)/python -m scripts.reference --check

bench: .venv/.dev ## measure, and write docs/performance.md
	@if command -v npm >/dev/null; then npm ci --silent --prefix consentry/bench/peers_js \
		|| echo "The JavaScript peers could not be installed; the bench goes without."; fi
	@test -x .venv/peers/bin/python || { $(BIN)/python -m venv .venv/peers \
		&& .venv/peers/bin/python -m pip install --quiet "pymerkle>=7.0"; } \
		|| echo "pymerkle could not be installed; the bench goes without."
	$(BIN)/consentry bench

load: .venv/.dev ## be 50 to 1,000 users at a time, and write docs/performance-under-load.md
	@test -x .venv/load/bin/locust || { $(BIN)/python -m venv .venv/load \
		&& .venv/load/bin/python -m pip install --quiet "locust>=2.40"; }
	$(BIN)/consentry load

docs: .venv/.dev ## write the generated documents anew
	$(BIN)/python scripts/spec_coverage.py
	$(BIN)/python -m scripts.reference

wheel-test: .venv/.dev ## run the suite against the built wheel, the source out of reach
	scripts/wheel-test

lock: .venv/.lock ## pin the dependencies; UPGRADE=--upgrade takes the newest
	UV=.venv/lock/bin/uv scripts/lock $(UPGRADE)

clean: ## remove everything that the other targets made
	rm -rf .venv dist build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
		tests/interop/peers/node_modules tests/support/anvil/node_modules consentry/bench/peers_js/node_modules
	find $(PACKAGES) scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@python=$$(scripts/find-python) && echo "Setting up .venv with $$python; this takes a minute, once." \
		&& "$$python" -m venv --clear .venv

.venv/.runtime: .venv/bin/python pyproject.toml requirements.lock requirements-build.lock
	$(INSTALL) -r requirements.lock -r requirements-build.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(INSTALL) -r requirements-dev.lock
	@touch $@

.venv/.lock: .venv/bin/python
	$(BIN)/python -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet uv
	@touch $@
