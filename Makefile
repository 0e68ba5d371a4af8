# make dev | test | check | bench | bench-inference | docs: each does all the set-up it needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: dev test check bench bench-inference docs clean component

dev: component
	@$(BIN)/azrun dev

test: component
	@$(BIN)/python -m pytest

check: component
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: component
	@$(BIN)/python benchmarks/run.py

bench-inference: component
	@$(BIN)/python benchmarks/inference.py

docs: component
	@$(BIN)/python docs/commands.py

# The sandbox's component: built again when the SDK or the guest has changed.
component: $(READY)
	@$(BIN)/python sdk/guest/build.py

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "azrun needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@echo "[1/3] making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@echo "[2/3] installing llama.cpp: compiled on this machine, 5 to 10 minutes the first time;"
	@echo "      pip keeps the result for every later environment …"
	@$(BIN)/python -m pip install --quiet "$$(sed -n 's/^    "\(llama-cpp-python.*\)",$$/\1/p' pyproject.toml)"
	@echo "[3/3] installing azrun, building its sandbox (about a minute) …"
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(READY)

clean:
	rm -rf $(VENV) runtime/azrun/cells/cell.wasm runtime/azrun/cells/cell.inputs
