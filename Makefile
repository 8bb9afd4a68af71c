# Everything a person or a machine does with this repository. `make run` and `make test` need only
# make and Python 3.11 or later; the rest is installed into .venv from the locks.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INTEROP := .venv-interop
PACKAGES := evalplatform datasets runs reviews exports
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What one process has compiled, the hundreds after it need not.
export PYTHONDONTWRITEBYTECODE :=

# Half as many again as there are cores: tests of whole installations wait as much as they work.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((len(os.sched_getaffinity(0)) * 3 + 1) // 2)')

.PHONY: run test lint format types imports guards browser interop bench bench-smoke migrations deploy-check check lock clean

run: $(BIN)/python       ## start everything; Ctrl-C stops it
	@$(call install,requirements.lock)
	@$(call compile,$(PACKAGES))
	@$(BIN)/python -m evalplatform.embedded run --stop-with-parent

test: dev                ## the whole suite, against its own PostgreSQL and Redis
	@$(call compile,$(PACKAGES) tests)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--durations=40 --durations-min=2 $(PYTEST)

guards: dev              ## the tests that walk models, routes, serializers, forms, tasks and source
	@$(BIN)/python -m pytest -q tests/guards $(PYTEST)

browser: dev             ## the tests that drive Chromium
	@$(BIN)/python -m pytest -q -m browser $(PYTEST)

lint: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2

format: dev              ## put everything into the one layout
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

types: dev
	@$(BIN)/mypy

imports: dev             ## the packages import leftwards only
	@$(BIN)/lint-imports --no-logo

interop: dev             ## the real programs that read our files, also those too large for each run
	@test -x $(INTEROP)/python/bin/python || $(PYTHON) -m venv --without-pip $(INTEROP)/python
	@cmp -s requirements-interop.lock $(INTEROP)/requirements-interop.lock || { \
		$(BIN)/uv pip install -q --python $(INTEROP)/python/bin/python --no-deps --require-hashes \
			-r requirements-interop.lock && cp requirements-interop.lock $(INTEROP)/; }
	@command -v npm >/dev/null || echo "npm is not here: promptfoo is left out." >&2
	@! command -v npm >/dev/null || cmp -s tests/interop/node/package-lock.json $(INTEROP)/npm.lock || { \
		mkdir -p $(INTEROP)/node && cp tests/interop/node/*.json $(INTEROP)/node/ && \
		npm install --prefix $(INTEROP)/node --omit=optional --ignore-scripts --no-audit --no-fund \
			--loglevel=error && cp tests/interop/node/package-lock.json $(INTEROP)/npm.lock; }
	@EVALPLATFORM_INTEROP=$(abspath $(INTEROP)) $(BIN)/python -m pytest -q tests/interop $(PYTEST)

migrations: dev          ## no model change without its migration
	@$(BIN)/python -m evalplatform.embedded with-servers -- \
		$(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: dev        ## Django's own checks, under settings as in production
	@.ci/deploy-check

bench: dev
	@$(BIN)/python -m evalplatform.embedded with-servers -- $(BIN)/python -m benchmarks

bench-smoke: dev         ## each benchmark once at a small size
	@$(BIN)/python -m evalplatform.embedded with-servers -- $(BIN)/python -m benchmarks --smoke

check: lint types imports migrations deploy-check   ## all that is not a test

lock: dev                ## rebuild the locks after a change of pyproject.toml
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group pyproject.toml:interop -o requirements-interop.lock

clean:                   ## forget the environment; data in var/ stays
	rm -rf $(VENV) $(INTEROP) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: dev
dev: $(BIN)/python
	@$(call install,requirements-dev.lock)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "evalplatform needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; \
		exit 1; }

# Every process of ours starts in half the time, also where PYTHONDONTWRITEBYTECODE is set.
define compile
$(BIN)/python -m compileall -qq $(1) || true  # in a folder of somebody else it goes without
endef

# Installs a lock when it differs from the one installed last; the copy beside it is the stamp. uv
# takes a tenth of the time of pip; where only pip knows the way to the packages, pip does it.
define install
cmp -s $(1) $(VENV)/$(1) || { \
	echo "Installing $(1)"; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock >$(VENV)/uv.lock; \
	{ $(BIN)/python -m pip install -qq --require-hashes --no-deps -r $(VENV)/uv.lock && \
		$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1); } || \
	$(BIN)/python -m pip install -qq --require-hashes -r $(1) || exit 1; \
	cp $(1) $(VENV)/; }
endef
