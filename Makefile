# Needs Python 3.11 or later, make and the package index; everything else goes into .venv.
# All paths are relative, so that the project may lie in a folder with a space in its name.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint lab bench bench-runs bench-ui clean local-up local-down test-backend redis-cli
BIN := .venv/bin

help:
	@echo "make run    set up, start the local stack and stop it on Ctrl-C"
	@echo "make test   set up, check the code and run all tests"
	@echo "make lint   set up and check the code only"
	@echo "make lab    set up and open JupyterLab on the index of the notebooks"
	@echo "make bench  set up and measure: sizes, solvers, bank limits, portfolios, workbooks, the store"
	@echo "make local-up, make local-down   start the local stack in the background; stop it"
	@echo "make test-backend   the tests of runs, workers, cache and API only"
	@echo "make redis-cli      ask the stack's Redis: make redis-cli ASK='keys bng:*'"
	@echo "make bench-runs     measure runs: cached, warm, cold; queues; 1, 2 and 4 workers"
	@echo "make bench-ui       measure the pages in Chromium: paint, cached answer, memory, 20 at once"
	@echo "make clean  remove caches; the environment and the stored data stay"

setup:
	@sh .ci/setup

run: setup
	@exec $(BIN)/bng up --foreground

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

test: lint
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile

lab: setup
	@exec $(BIN)/jupyter lab --ip=127.0.0.1 $$(test "$$(id -u)" = 0 && echo --allow-root) notebooks/index.ipynb

bench: setup
	@for script in bench/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

bench-runs: setup
	$(BIN)/python bench/bench_runs.py

bench-ui: setup
	$(BIN)/python bench/bench_ui.py

local-up: setup
	@exec $(BIN)/bng up

local-down: setup
	@exec $(BIN)/bng down

test-backend: setup
	$(BIN)/python -m pytest tests/core/test_runs.py tests/core/test_cache.py tests/core/test_run_key.py tests/test_flows.py tests/test_flows_stack.py tests/test_api.py tests/test_backend.py tests/test_kernels.py tests/test_kill_parts.py

redis-cli: setup
	@$(BIN)/python -m bng_core.redis_cli $(ASK)

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	find bng_core flows dashboards tests -name __pycache__ -type d -prune -exec rm -rf {} +
