# Everything a person, a hook or CI does with this repository. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?=
VENV ?= .venv
BIN := $(VENV)/bin
# What running needs, and what tests and checks need besides, each once it is installed.
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.installed-tools
PYTEST := $(BIN)/python -m pytest
ARGS ?=

# An environment keeps the interpreter that it was made with: to ask for another must not be unheard.
version = $(shell $(1) -c 'import sys; print(sys.version)' 2>/dev/null | tr -d '[:space:]')
ifneq ($(strip $(PYTHON)),)
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
ifneq ($(wildcard $(BIN)/python),)
ifneq ($(call version,$(PYTHON)),$(call version,$(BIN)/python))
$(error $(VENV) was made with another Python than $(PYTHON). Remove it with `make clean`, or put \
  a second environment beside it: make VENV=.venv-other PYTHON=$(PYTHON) ...)
endif
endif
endif
endif

SEEDS ?= 10

.PHONY: help install lock clean demo up down bench test fast crash siege exercise check format pages

help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

##@ See it run (ARGS="..." is passed on)

demo: $(INSTALLED) ## Start the bus and a synthetic city; ARGS=--once ends by itself with the sums
	$(BIN)/creditbus demo $(ARGS)

up: $(INSTALLED) ## Start the local stack and every service
	$(BIN)/creditbus up $(ARGS)

down: $(INSTALLED) ## Stop them; the data stays in .creditbus
	$(BIN)/creditbus down $(ARGS)

bench: $(INSTALLED) ## Measure the engine on this machine; `creditbus bench` lists what else can be measured
	$(BIN)/creditbus bench all $(ARGS)

##@ Work on it

test: check fast ## Check, then run every test: the fast ones first, then those on real servers
	$(PYTEST) -n 2 tests/integration tests/crash \
	  --timeout=300 --session-timeout=3600 -o faulthandler_timeout=290
	$(PYTEST) tests/siege --timeout=300 -o faulthandler_timeout=290

fast: $(TOOLS) ## Run the tests that need no servers; ARGS=--hypothesis-profile=few draws fewer examples
	$(PYTEST) -n 2 $(ARGS) \
	  --doctest-modules services/creditbus/domain services/creditbus/wire tests \
	  --ignore=tests/tidy --ignore=tests/integration --ignore=tests/crash --ignore=tests/siege \
	  --ignore=tests/exercises

crash: $(TOOLS) ## Strike the engine's workers in every known way; SEEDS=1, or SEED=7 alone
	$(PYTEST) tests/crash --timeout=300 -o faulthandler_timeout=290 -p no:randomly -q \
	  $(if $(SEED),--seed=$(SEED),--seeds=$(SEEDS)) $(ARGS)

siege: $(TOOLS) ## Strike every door from outside and watch the others; SEED=7, ARGS="-k flood"
	$(PYTEST) tests/siege --siege --timeout=600 -o faulthandler_timeout=590 -p no:randomly -q \
	  $(if $(SEED),--siege-seed=$(SEED)) $(ARGS)

exercise: $(TOOLS) ## Play every runbook on a bus of its own, and time it; ARGS="-k redis --record"
	$(PYTEST) tests/exercises --timeout=900 -o faulthandler_timeout=890 -p no:randomly -q $(ARGS)

hunt: $(TOOLS) ## Plant six faults in a living city, to be found from alerts and console; ARGS="--seed N"
	$(BIN)/python -m tests.hunt.hunt start $(ARGS)

check: $(TOOLS) ## Check without running: format, lint, types, floors, tidiness
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q tests/tidy

format: $(TOOLS) ## Bring every file into the one format, and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

##@ Keep house

install: $(TOOLS) ## Install all that the locks name (the other targets install what they need)

# Renewed when a lock or the project's own metadata has changed.
$(INSTALLED): requirements.lock pyproject.toml
	@$(call environment,requirements.lock)
	@touch $@

$(TOOLS): requirements-dev.lock $(INSTALLED)
	@$(call environment,requirements-dev.lock)
	@touch $@

# An environment that is there and runs keeps its interpreter.
define environment
if $(BIN)/python -c '' 2>/dev/null; then python=$(BIN)/python; \
else python=$$(deploy/setup/choose_python.sh $(PYTHON)); fi; \
"$$python" deploy/setup/environment.py $(VENV) $(1)
endef

pages: $(TOOLS) ## Write the pages of docs/ that come from code, and the chart of the benchmarks, deadlines
	$(BIN)/python -m tests.tidy.pages

COMPILE := UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile pyproject.toml --quiet --all-extras \
  --universal --generate-hashes --no-strip-extras --no-annotate --no-header

lock: $(TOOLS) ## Write both locks; ARGS=--upgrade takes the newest of everything
	$(COMPILE) $(ARGS) --group dev -o requirements-dev.lock
	$(COMPILE) --group install --constraint requirements-dev.lock -o requirements.lock
	@! grep -nE 'https?://|^-' requirements*.lock || { \
	  echo "A lock names an address or an option; it must hold names and hashes only." >&2; exit 1; }

clean: ## Remove .venv and every cache; the data in .creditbus stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find services tests -name __pycache__ -type d -prune -exec rm -rf {} +
