# Which Python to build .venv with: `make PYTHON=python3.12 clean test`.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
INSTALL := -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help .venv demo test test-faults bench lint format constraints clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: $(VENV)/.stamp  ## the program and its tools, with the versions of constraints.txt

# Anew and not on top: a library that is no longer wanted must not be there to hide that something needs it.
$(VENV)/.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python $(INSTALL) -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)/.stamp  ## a day on a desk, on the screen
	$(BIN)/python scripts/demo.py

test: $(VENV)/.stamp  ## all tests
	$(BIN)/python -m pytest

# -rA: with the tables of what became of each fault. `make test` runs a share of these.
test-faults: $(VENV)/.stamp  ## killed, full, powerless, crowded, hostile: every point that tests/faults knows
	ITSM_FAULTS=all $(BIN)/python -m pytest -rA tests/faults

man: $(VENV)/.stamp  ## man pages from the help texts, in build/man
	$(BIN)/python scripts/man.py build/man

lint: $(VENV)/.stamp  ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.stamp  ## lay the code out, and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# Medians want a machine with nothing else to do, and half an hour: 100,000 tickets are made, twice.
bench: $(VENV)/.stamp  ## figures against bare Python and what people would pick instead: docs/performance.md
	$(BIN)/python bench/run.py

# Asks for the newest of everything that pyproject.toml allows, on the oldest Python that it allows (3.11).
constraints:  ## write constraints.txt anew (PYTHON must be 3.11)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "make constraints wants PYTHON=python3.11")'
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	$(PYTHON) -m venv "$$scratch" && \
	"$$scratch/bin/python" $(INSTALL) -e '.[dev]' && \
	"$$scratch/bin/python" -m pip freeze --exclude-editable >"$$scratch/pins" && \
	cp "$$scratch/pins" constraints.txt

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find itsm tests scripts bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
