# Needs Python 3.11 or later, make and the package index; everything else goes into .venv.
# All paths are relative, so that the project may lie in a folder with a space in its name.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint lab bench clean
BIN := .venv/bin

help:
	@echo "make run    set up, start the local stack and stop it on Ctrl-C"
	@echo "make test   set up, check the code and run all tests"
	@echo "make lint   set up and check the code only"
	@echo "make lab    set up and open JupyterLab on the optimise notebook"
	@echo "make bench  set up and measure: sizes, solvers, bank limits, portfolios, workbooks"
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
	$(BIN)/python -m pytest --numprocesses logical --dist loadgroup

lab: setup
	@exec $(BIN)/jupyter lab --ip=127.0.0.1 $$(test "$$(id -u)" = 0 && echo --allow-root) notebooks/optimise.ipynb

bench: setup
	@for script in bench/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	find bng_core flows dashboards tests -name __pycache__ -type d -prune -exec rm -rf {} +
