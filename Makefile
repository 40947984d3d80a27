# Every target works on a fresh machine with Python 3.11 or newer, make and git; a second call starts at once.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export DO_NOT_TRACK := 1

.PHONY: help setup demo check test test-long bench docs lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## the environment alone, in .venv

$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (only when requirements.lock or pyproject.toml changed) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "matchback needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## sandbox, load, build, publish, and the lift table; touches nothing but data/demo
	@$(BIN)/matchback demo

check: $(READY) ## linters and types: ruff, mypy, sqlfluff, yamllint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/yamllint --strict .
	@MATCHBACK_DATABASE=$$(mktemp -d)/lint.duckdb $(BIN)/sqlfluff lint --disable-progress-bar models analyses

test: $(READY) ## every test but the long ones; under 10 minutes
	@$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

test-long: $(READY) ## the randomised and crash tests in full; an hour and a half
	@$(BIN)/pytest --long --capture no

bench: $(READY) ## the credit path, the marts of lift and publishing over generated worlds, as ratios
	@$(BIN)/python benchmarks/credit.py tick
	@$(BIN)/python benchmarks/lift.py
	@$(BIN)/python benchmarks/publish.py speed

docs: $(READY) ## renew the generated tables of the documents
	@$(BIN)/python docs/tables.py

lock: $(READY) ## renew requirements.lock from pyproject.toml: versions and hashes, no index address
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-strip-extras --no-emit-index-url --no-header --no-annotate --upgrade --extra dev pyproject.toml --output-file requirements.lock

clean: ## remove the environment, build products and the demo's workspace
	@rm -rf $(VENV) target logs data/demo
