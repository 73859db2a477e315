# Two commands do everything: `make repro` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
READY := .venv/.ready

# A folder of real tables beside the repository serves as mirror, unless one is named.
ifeq ($(origin LOCKSTEP_DATA_MIRROR),undefined)
ifneq ($(wildcard ../shared/datasets),)
export LOCKSTEP_DATA_MIRROR := ../shared/datasets
endif
endif

# Stages run with the first python3 on PATH; .venv itself is made with the one that comes after it.
OUTSIDE := $(subst $(CURDIR)/.venv/bin:,,$(PATH))
export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

.PHONY: help
help:  ## List the targets.
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: $(READY)  ## Create .venv with the pinned packages of requirements.lock.

$(READY): requirements.lock
	@PATH="$(OUTSIDE)" $(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else "make: $(PYTHON) is Python %d.%d; 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..." % v)'
	@export PATH="$(OUTSIDE)"; \
	if command -v uv >/dev/null; then \
	  uv venv --quiet --clear --no-python-downloads --python "$(PYTHON)" .venv && \
	  VIRTUAL_ENV=.venv uv pip install --require-hashes --compile-bytecode -r requirements.lock && \
	  VIRTUAL_ENV=.venv uv pip install --quiet --no-deps --no-build-isolation -e . ; \
	else \
	  "$(PYTHON)" -m venv --clear .venv && \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

.PHONY: repro
repro: $(READY)  ## Run the pipeline: only what changed since the last run.
	@lockstep check
	@dvc repro

.PHONY: california
california: $(READY)  ## California housing with all features, as an experiment (about 6 minutes).
	@lockstep check
	dvc exp run --temp -S dataset=california_housing -S tune.n_trials=24 -S tune.budget=null
	@echo 'compare: make experiments; take it into the workspace: dvc exp apply NAME'

.PHONY: spotify
spotify: $(READY)  ## Spotify popularity with all features, as an experiment (about 5 minutes).
	@lockstep check
	dvc exp run --temp -S dataset=spotify_songs -S split.test_size=0.15 -S tune.n_trials=30 -S tune.budget=null
	@echo 'compare: make experiments; take it into the workspace: dvc exp apply NAME'

# Without --drop, twelve scores and the changed hashes stand there too; a pattern matches from a column's beginning.
.PHONY: experiments
experiments: $(READY)  ## What each experiment changed and reached, for a terminal of 120 columns.
	@dvc exp show --no-pager --only-changed --drop '(train|baseline)\.|.*\.(adjusted_r2|mae)|rows\.|(data|models|reports|lockstep|stages)/'

.PHONY: docs
docs: $(READY)  ## Write the pages of docs/ about steps, groups, rules, metrics, objectives, sources and splits.
	@for kind in steps groups rules metrics objectives sources splits; do lockstep list $$kind --markdown > docs/$$kind.md; done

.PHONY: notebook
notebook: $(READY)  ## Run notebooks/analysis.ipynb on the last result and keep its outputs.
	@python notebooks/execute.py

# Each process runs whole files: what a file's tests share is made once.
PYTEST := pytest -n 2 --dist loadfile --no-loadscope-reorder

# mypy without its cache keeps one core busy for a minute: tests run beside it.
BESIDE := $(MAKE) --no-print-directory -j 2 types

.PHONY: lint style types
lint: style types  ## Format check, lint and types.

style: $(READY)
	@ruff format --check --quiet .
	@ruff check --quiet .

types: $(READY)
	@mypy

.PHONY: quick quick-tests
quick: style  ## While you work: lint, types and unit tests.
	@$(BESIDE) quick-tests

quick-tests: $(READY)
	@$(PYTEST) --tier quick tests/unit

.PHONY: test daily-tests
test: style  ## Before a commit: lint, types and every promise in its short form.
	@$(BESIDE) daily-tests

daily-tests: $(READY)
	@$(PYTEST)

.PHONY: test-long
test-long: $(READY)  ## What `make test-all` runs beyond `make test`.
	@$(PYTEST) --tier long

.PHONY: test-all
test-all: style  ## Everything but the nightly promises, as CI runs it.
	@$(BESIDE) all-tests

.PHONY: all-tests
all-tests: $(READY)
	@$(PYTEST) --tier all

.PHONY: manifest
manifest: $(READY)  ## Compare every output of five configurations with its kept hash (minutes); RENEW=1 keeps new ones.
	@python -m tests.manifest.manifest $(if $(RENEW),--renew) $(if $(LOCKSTEP_DATA_MIRROR),--mirror "$(LOCKSTEP_DATA_MIRROR)")

.PHONY: nightly
nightly: $(READY)  ## The longest promises: both studies at full length, every supported Python.
	@pytest -n 0 --tier nightly

.PHONY: bench
bench: $(READY)  ## Lockstep beside the reference scripts and FLAML: table and picture in benchmarks/ (over an hour).
	@python -m benchmarks

.PHONY: bench-tables
bench-tables: $(READY)  ## The defaults beside four other methods, tables in TABLES=FOLDER (hours; continues where it stopped).
	@python -m benchmarks.yardstick $(if $(TABLES),--folder "$(TABLES)") $(OPTIONS)

.PHONY: bench-pruning
bench-pruning: $(READY)  ## What pruners save and cost, by real searches (about an hour).
	@python -m benchmarks.pruning

.PHONY: studies
studies: $(READY)  ## Both studies and tables in TABLES=FOLDER, by real experiments: docs/studies/ (over an hour).
	@python -m benchmarks.studies
	@if [ -d "$(TABLES)" ]; then python -m benchmarks.targets "$(TABLES)"; else echo 'make studies: no TABLES=FOLDER of the tables of docs/studies/targets.md: left out'; fi

.PHONY: lock
lock:  ## Renew requirements.lock from pyproject.toml (needs uv).
	uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --extra cluster --extra ssh --extra dev pyproject.toml -o requirements.lock

.PHONY: clean
clean:  ## Remove the environment and local state; results and DVC's cache stay.
	rm -rf .venv .lockstep .mypy_cache .ruff_cache .hypothesis .pytest_cache dvc_plots
