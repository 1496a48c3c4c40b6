# make demo and make test need Python 3.11 or newer, git and make; everything else goes into .venv.
# `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := .github/constraints.txt
# Touched when .venv holds what pyproject.toml and the constraints ask for.
READY := $(VENV)/.ready

# The first of these that is new enough; another one is PYTHON=/path/to/python.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# Options for pytest, such as PYTEST="-k report".
PYTEST ?=
# Test processes: one a core, at most 8.
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench golden train requirements constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## compile the fleet in specs/, then serve one of its models and ask it for a prediction
	@$(BIN)/python docs/demo.py

# The workers share the cores already; more threads in each would wait for each other.
test: lint ## run the linters, the type checker and the whole test suite
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal $(PYTEST)

lint: $(READY) ## run the linters and the type checker only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY) ## lay out the Python files, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure
	$(BIN)/python benchmarks/run.py

golden: $(READY) ## write the golden files again; read their diff before committing it
	$(BIN)/python -m pytest tests/golden --update-golden -n 0

train: $(READY) ## train the models of specs/ again
	$(BIN)/python specs/training/train.py

requirements: $(READY) ## lock again what the images of the model servers install
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --group lock
	PATH="$(CURDIR)/$(BIN):$$PATH" targets/docker/requirements/lock.sh

constraints: $(READY) ## choose the newest versions of everything in .venv, as near to the images as they go
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --group lock
	PATH="$(CURDIR)/$(BIN):$$PATH" .github/constraints.sh

clean: ## remove .venv and everything else that git ignores here
	rm -rf $(VENV) .venv-checkov .venv-mlflow .cache build dist rendered .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv that cannot run pip, half made or of a Python that is gone, is made again. The venv's own
# pip may be too old to read dependency groups, so the first thing it installs is its successor.
$(READY): pyproject.toml $(CONSTRAINTS)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ echo "$(PYTHON) -m venv $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(CONSTRAINTS) --build-constraint $(CONSTRAINTS) \
		--editable '.[lock,buckets,keyless,models,local]' --group lint --group test --group train
	@touch $@
