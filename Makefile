# Everything a person or a machine does with this project. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run check-code test fuzz chaos chaos-long bench-limiter bench-stock bench-outbox bench-churn lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamp holds the fingerprint of what was installed, so that a changed requirement installs again.
$(VENV)/.%.installed: requirements/%.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is needed into $(VENV) (once)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(VENV)/.demo.installed ## Install khaossync and its simulators into .venv

run: $(VENV)/.demo.installed ## Play a simulated trading day and prove it (ARGS="--orders 500 --seed 7 --speed 2000")
	@$(BIN)/khaossync demo $(ARGS)

check-code: $(VENV)/.dev.installed ## Formatting, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

# Four workers also on two cores: the stories of the whole daemon mostly wait.
test: $(VENV)/.dev.installed ## Everything that must hold: lint, types, architecture, all tests (ARGS="-k refund")
	@$(MAKE) --no-print-directory check-code
	@$(BIN)/pytest -n 4 --dist loadscope $(ARGS)

fuzz: $(VENV)/.dev.installed ## Throw fresh nonsense at every parser (SECONDS=600; SEED=n for the round that failed)
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(SEED) $(BIN)/pytest tests/fuzz $(ARGS)

chaos: $(VENV)/.dev.installed ## Let the daemon die at every point in every trouble (SEED=7 ROUNDS=300 KILLS=8; SHOP=adobe; with ROUND=n or DAY=n: one again)
	@PYTHONPATH=tests $(BIN)/python -m chaos --seed $(or $(SEED),1) --rounds $(or $(ROUNDS),300) --kills $(or $(KILLS),8) \
		$(if $(SHOP),--shop $(SHOP)) $(if $(ROUND),--round $(ROUND)) $(if $(DAY),--day $(DAY)) $(ARGS)

chaos-long: $(VENV)/.dev.installed ## A thousand deaths at seeded points in every trouble on every platform, and the real process killed 24 times
	@$(MAKE) --no-print-directory chaos ROUNDS=1000 KILLS=24

bench-limiter: $(VENV)/.dev.installed ## Race the limiter against two plainer ways (ARGS="--seconds 30" for a short try)
	@$(BIN)/python -m benchmarks.limiter $(ARGS)

bench-stock: $(VENV)/.dev.installed ## Measure catalogues of 10,000 to 250,000 codes (ARGS="--codes 5000" for a short try)
	@$(BIN)/python -m benchmarks.stock $(ARGS)

# The other queues live in a folder of their own; where node's npm is missing the one on node is left out.
.bench/.installed: requirements/bench.txt benchmarks/outbox/peers/package-lock.json
	@echo "Installing what the outbox is measured beside into .bench (once)"
	@mkdir -p .bench/node
	@test -x .bench/python/bin/python || $(PYTHON) -m venv .bench/python
	@.bench/python/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@cp benchmarks/outbox/peers/package*.json .bench/node/
	@if command -v npm > /dev/null; then cd .bench/node && npm ci --silent --no-audit --no-fund; \
		else echo "npm is not there: measured without Graphile Worker"; fi
	@touch $@

bench-outbox: $(VENV)/.dev.installed .bench/.installed ## Measure the outbox beside other queues (ARGS="--short" for a short try)
	@$(BIN)/python -m benchmarks.outbox $(ARGS)

bench-churn: $(VENV)/.dev.installed ## Churn at full speed, to see tables stay flat (ARGS="--minutes 60" for the figures in docs/)
	@$(BIN)/python -m benchmarks.churn $(ARGS)

lock: ## Pin every requirement anew with hashes (needs uv on the PATH)
	@for extra in dev demo; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			$$( [ $$extra = demo ] && echo --extra embedded --extra sandbox || echo --extra dev ) \
			pyproject.toml -o requirements/$$extra.txt; done
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements/runtime.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		benchmarks/outbox/peers/requirements.in -o requirements/bench.txt
	@echo hatchling editables | tr ' ' '\n' | uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate - -o requirements/build.txt

clean: ## Remove the virtual environment and every cache
	@rm -rf $(VENV) .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
