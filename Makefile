# Every target works as the first command in a fresh clone: it needs Python 3.11 or newer and make.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS ?= 2
PORT ?= 8501

# What PYTHON names, else the first interpreter that is new enough and can make environments.
PYTHON ?=
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python
USABLE := import sys; sys.version_info >= (3, 11) or sys.exit(1); import ensurepip, venv

.DEFAULT_GOAL := help
.PHONY: help app dev test lint test-python test-js format bench clean
.DELETE_ON_ERROR:

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

app: $(VENV)/.app ## install what is needed and run the dashboard
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

dev: $(VENV)/.dev ## run the dashboard for who works on it: it follows every change of a file
	POOLING_WARM_UP=off $(BIN)/python -m streamlit run app.py --server.port $(PORT) \
	  --server.fileWatcherType auto --server.runOnSave true

test: lint test-python test-js ## lint, types and all tests (browser tests where there is a Chromium)

lint: $(VENV)/.dev ## ruff, mypy, who may import whom, and dead code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

test-python: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

test-js:
	@files=$$(find tests/js -name '*.test.*js' 2>/dev/null); \
	if [ -z "$$files" ]; then echo "No JavaScript tests."; \
	elif ! command -v node >/dev/null; then echo "JavaScript tests skipped: node is not installed."; \
	else echo "node --test"; node --test $$files; fi

format: $(VENV)/.dev ## put the code into the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev ## time the engine beside its peers, as a Markdown table
	$(BIN)/python -m tests.benchmarks.engines

clean: ## remove the environment and everything that was made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c '$(USABLE)' 2>/dev/null; then \
	    echo "Creating $(VENV) with $$("$$candidate" -V)"; \
	    exec "$$candidate" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with venv was found (on Debian: apt install python3-venv)." >&2; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1

$(VENV)/.app: pyproject.toml | $(BIN)/python
	@echo "Installing the dashboard (a minute or two, once)"
	$(PIP) --editable '.[engines,formats]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing the dashboard and its test tools (a minute or two, once)"
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/.app $@
