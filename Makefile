# Everything runs in .venv, which `make setup` builds from pyproject.toml and constraints.txt.
PYTHON ?= python3
WORKERS ?= 2

BIN := .venv/bin
READY := .venv/.ready
DEMO := build/demo

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check specs-diff docs-check bench clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
		do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: $(READY) ## Build .venv with everything synllm can use (skipped when up to date)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "synllm needs Python 3.11 or later; name one, for example: make setup PYTHON=python3.12" >&2; \
		exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv || { \
		echo "Python could not build .venv; on Debian and Ubuntu, install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet -c constraints.txt "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all,dev]'
	@$(BIN)/synllm check --quiet specs/stroke.synspec # fills the cache of grammar tables
	@touch $@

demo: $(READY) ## Compile the stroke spec, generate 200 rows offline, and check them
	@mkdir -p $(DEMO)
	$(BIN)/synllm compile specs/stroke.synspec -o $(DEMO)/compiled
	HF_HUB_OFFLINE=1 $(BIN)/synllm run specs/stroke.synspec --rows 200 --seed 1 --force -o $(DEMO)/stroke.csv
	@echo
	@echo "The first rows of $(DEMO)/stroke.csv:"
	@head -n 9 $(DEMO)/stroke.csv
	@echo
	$(BIN)/synllm validate specs/stroke.synspec $(DEMO)/stroke.csv
	@echo
	@echo "The rows are in $(DEMO)/stroke.csv; prompts, schemas, regex and manifest are in $(DEMO)/compiled/."

test: $(READY) ## Run every test: the fast ones, then the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"
	@$(MAKE) --no-print-directory test-slow

# pytest exits with 5 when no test carries the mark.
test-slow: $(READY) ## Run only the slow tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow || [ $$? -eq 5 ]

check: $(READY) ## Check format, lint, types, import layers, specs and documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/synllm fmt --check specs/*.synspec specs/lib/*.synspec specs/guidelines/*.synspec
	$(BIN)/synllm check --quiet specs/*.synspec specs/lib/*.synspec specs/guidelines/*_recorded.synspec
	@$(MAKE) --no-print-directory specs-diff docs-check

specs-diff: $(READY) ## Say which patients the last commit's specs accept or refuse anew
	@if git rev-parse --quiet --verify HEAD~1 >/dev/null 2>&1; then \
		$(BIN)/synllm diff --quiet --git HEAD~1..HEAD specs; \
	else echo "specs-diff: no earlier commit to compare with"; fi

docs-check: $(READY) ## Run the tests that keep the documentation true
	$(BIN)/python -m pytest tests/docs

bench: $(READY) ## Run every benchmark, in order
	@set -e; for script in benchmarks/*.py; do \
		[ -e "$$script" ] || { echo "there are no benchmarks yet"; break; }; \
		echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## Remove what the targets made, .venv excepted
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
