# `make demo` and `make test` work on a machine with Python 3.11+, git and make; everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet

# The first interpreter that is new enough and can make a virtual environment; `make PYTHON=/path/to/python` decides otherwise.
PYTHON ?=
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format locks clean

help:
	@echo "make demo    watch an application go from a bumped image tag through test and staging to prod (under a minute)"
	@echo "make test    run the unit, golden, scenario and simulation tests"
	@echo "make lint    style, types and import rules"
	@echo "make format  let ruff rewrite the code"
	@echo "make locks   resolve the dependencies again"
	@echo "make clean   remove what make made"

demo: $(VENV)/.towpath-run
	@$(BIN)/towpath demo

# Compiled files are worth it whatever the shell says: each worker, and each process that a test starts, reads all modules.
test: $(VENV)/.towpath-dev
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

lint: $(VENV)/.towpath-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

format: $(VENV)/.towpath-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .towpath
	find $(wildcard bot generator schemas tests benchmarks) -name __pycache__ -prune -exec rm -rf {} +

# A stamp says what the environment already holds; it is made last, so that an interrupted installation starts over.
$(VENV)/.towpath-python:
	@python=; \
	for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Towpath needs Python 3.11 or newer, and none of these is: $(CANDIDATES)." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make a virtual environment: its modules venv and ensurepip are missing." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	[ -x $(BIN)/pip ] || { echo "Making $(VENV) with $$python" >&2; "$$python" -m venv $(VENV); }
	@touch $@

$(VENV)/.towpath-run: $(VENV)/.towpath-python requirements.txt requirements-build.txt pyproject.toml
	@echo "Installing what Towpath needs into $(VENV)" >&2
	@$(PIP) install --require-hashes -r requirements.txt -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.towpath-dev: $(VENV)/.towpath-run requirements-dev.txt
	@echo "Installing what its tests need into $(VENV)" >&2
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# One resolution for every platform and Python version, hash-locked, without a word about where this machine gets its packages from.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
locks:
	$(LOCK) $(ARGS) pyproject.toml --group dev --output-file requirements-dev.txt
	$(LOCK) pyproject.toml --extra cel --constraints requirements-dev.txt --output-file requirements.txt
	$(LOCK) --group build --constraints requirements-dev.txt --output-file requirements-build.txt
