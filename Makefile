# Teplo's chores. `make` lists them; each does its own set-up, and a second run is quick.
SHELL := /bin/bash
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
WORKERS ?= 3
# What was compiled is kept, whatever is usual here: tests and soak runs start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE
FRAMES ?= 1000000
CONVERSATIONS ?= 100000
BENCHMARKS := $(basename $(notdir $(filter-out bench/_%,$(wildcard bench/*.py))))

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fuzz mutants soak bench lock clean

help: ## list the chores
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.dev ## build the environment for development in .venv/ from the lock files

demo: .venv/.runtime ## poll a simulated fleet, store it and answer billing in Gcal (DEMO="--for 60 --json out.json")
	$(BIN)/python -m teplo demo $(DEMO)

test: .venv/.browser ## run every test (TESTS=tests/unit for some of them)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check: .venv/.dev ## lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

nightly: .venv/.browser ## the tests in full size, and every property with many examples
	$(BIN)/python -m pytest -m nightly
	$(BIN)/python -m pytest -n $(WORKERS) --hypothesis-profile=nightly tests/properties tests/api/test_contract.py

fuzz: .venv/.dev ## feed FRAMES mutated frames and CONVERSATIONS with liars to the protocols
	$(BIN)/python -m tests.fuzz.mbus --frames $(FRAMES)
	$(BIN)/python -m tests.fuzz.modbus --conversations $(CONVERSATIONS)
	$(BIN)/python -m tests.fuzz.families --conversations $(CONVERSATIONS)
	$(BIN)/python -m tests.fuzz.at --conversations $(CONVERSATIONS)
	$(BIN)/python -m tests.fuzz.hello --inputs $(CONVERSATIONS)

mutants: .venv/.dev ## small mistakes in billing's arithmetic that no test notices, in per cent (MUTANTS="units")
	nice $(BIN)/python scripts/mutants.py $(MUTANTS)

soak: .venv/.dev ## a simulated month of 500 meters in which everything goes wrong; prints the table (SOAK="--days 3")
	$(BIN)/python -m tests.soak $(SOAK)

bench: .venv/.dev ## every benchmark: ours and its peers, side by side
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

lock: .venv/.dev ## compile requirements/*.txt anew from pyproject.toml
	$(PIP) uv
	$(LOCK) --upgrade --extra build pyproject.toml -o requirements/runtime.txt
	$(LOCK) --upgrade --extra build --extra dev -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt

clean: ## remove the environment and everything built
	rm -rf .venv .node build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis mutants

.venv/.python: scripts/make_venv.sh
	@scripts/make_venv.sh
	@touch $@

.venv/.runtime: .venv/.python requirements/runtime.txt pyproject.toml
	@echo "installing the locked packages into .venv ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	@echo "installing the locked packages for development ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.browser: .venv/.dev scripts/fetch_browser.sh
	@scripts/fetch_browser.sh
	@touch $@
