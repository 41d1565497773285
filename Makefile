# Bare `make` prints what one can do.
PYTHON ?= python3
BIN := .venv/bin
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml

.PHONY: help demo test check bench campaign eval learned run lock clean

help: ## Print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runs ## Play the whole story in a browser, nothing to set up (PORT=8787)
	$(BIN)/python -m bot demo --port $(or $(PORT),8787)

test: .venv/tests ## Run every test; says what it skipped and why
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

check: .venv/tests ## Format, lint, types, import rules, knowledge packs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bot knowledge check

bench: .venv/tests ## Measure packs, search and answers, each beside something else
	$(BIN)/python -m tests.benchmarks.bench_packs
	$(BIN)/python -m tests.benchmarks.bench_lookup
	$(BIN)/python -m tests.benchmarks.bench_answer

campaign: .venv/tests ## Kill the server under load, again and again (ARGS="--kills 2000")
	$(BIN)/python -m tests.campaign $(ARGS)

eval: .venv/tests ## Measure the search: make eval QUESTIONS=file.yaml
	$(BIN)/python -m tests.benchmarks.eval_lookup $(QUESTIONS)

learned: .venv/tests ## Learn anew what the search knows of the shipped packs
	$(BIN)/python -m knowledge.search.keep

run: .venv/runs ## Run the server with cunjian.toml
	$(BIN)/python -m bot serve

lock: ## Pin the dependencies anew
	$(BIN)/pip install -q uv
	$(COMPILE) --extra build -o requirements.txt
	$(COMPILE) --extra build --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## Remove the environment and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build

.venv/bin/python:
	@$(PYTHON) -c '$(ENOUGH)' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/runs: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/tests: requirements-dev.txt .venv/runs
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
