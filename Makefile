# make run    sets everything up and runs the baseline market; prints where its report is
# make test   sets everything up and runs the whole test suite

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
WORKERS ?= 2
SCENARIO ?= scenarios/baseline.yaml
OLDEST := 3, 11

# the first Python on the path that is new enough; PYTHON=/path/to/python overrides
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < ($(OLDEST)))' >/dev/null 2>&1; then \
	command -v $$candidate; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lint bench docs docs-params clean clean-all

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < ($(OLDEST)))' 2>/dev/null || { \
		echo "compute-futures needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 || echo none)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# A stamp says that the environment holds what these two files ask for; so a second call is quick.
$(VENV)/stamp-core: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing compute-futures and what it needs (about a minute, once)"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/stamp-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing compute-futures, what it needs and its test tools (about a minute, once)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/stamp-core $@

run: $(VENV)/stamp-core  ## run the baseline market; SCENARIO=... for another
	$(BIN)/compute-futures run $(SCENARIO)

test: $(VENV)/stamp-dev  ## the whole test suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist=loadfile

test-slow: $(VENV)/stamp-dev  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/stamp-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/stamp-dev  ## every figure of the README's speed table
	@for script in $$(grep -l '^if __name__' benchmarks/*.py); do echo; echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/stamp-dev  ## build these documents, notebooks run, as web pages in docs/_build
	$(BIN)/python docs/outputs.py
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build
	@echo docs/_build/index.html

docs-params: $(VENV)/stamp-core  ## write docs/parameters.md and the scenario schema from the declarations in the code
	$(BIN)/compute-futures parameters -o docs/parameters.md
	$(BIN)/compute-futures schema -o scenarios/scenario.schema.json

clean:  ## remove caches and build products; keeps .venv and results
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

clean-all: clean  ## also remove .venv
	rm -rf $(VENV)
