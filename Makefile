# Everything installs into .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test fuzz check format lint types floors docs docs-check clean

help:                    ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(VENV)/installed  ## install and run the main job on the embedded world; leaves runs/demo/report.html
	$(BIN)/veriloop demo

test: $(VENV)/installed-dev  ## install and run the tests
	$(BIN)/pytest -n 2

fuzz: $(VENV)/installed-dev  ## the property tests on examples that nobody has seen yet
	$(BIN)/pytest -n 2 -m hypothesis --hypothesis-profile=fuzz

check: $(VENV)/installed-dev lint types floors docs-check test  ## everything CI checks

format: $(VENV)/installed-dev  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/basedpyright --pythonpath $(BIN)/python

floors: $(VENV)/installed-dev
	$(BIN)/lint-imports

docs: $(VENV)/installed-dev  ## write the generated parts of README and docs again
	$(BIN)/python docs/generate.py

docs-check: $(VENV)/installed-dev
	$(BIN)/python docs/generate.py --check

clean:                   ## remove the environment and what runs left
	rm -rf $(VENV) runs .pytest_cache .ruff_cache
