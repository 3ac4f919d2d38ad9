# The commands of this project. `make demo` and `make test` need Python 3.11+ and git, no more.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check
UV := $(RUN) -m uv pip install --quiet
# Four at once, of which some mostly wait: for processes to start, for a server to give up.
PARALLEL := --numprocesses 4 --dist loadfile
REDOCLY := @redocly/cli@2.77.0

.PHONY: demo help test test-browser test-engines test-recipes check format lint types drift contract coverage docs build generate record \
	soak bench test-pythons clean

demo: $(VENV)/.user  ## Run the guide's sample workflow on a photo, against the emulator
	mkdir -p out
	cd out && ../$(RUN) ../examples/run_demo.py

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s%s\n", $$1, $$2 }' Makefile

test: $(VENV)/.dev  ## Run the tests
	$(RUN) -m pytest $(PARALLEL)

test-browser: $(VENV)/.dev  ## Test the emulator's page in Chromium (needs chromium, chromium-driver)
	$(PIP) install --editable '.[browser]'
	$(RUN) -m pytest tests/browser

test-engines: $(VENV)/.dev  ## Test batches on real engines, each with a worker killed
	$(PIP) install --editable '.[engines]'
	$(RUN) -m pytest tests/engines

test-recipes: $(VENV)/.dev $(VENV)/airflow/.there  ## Test the recipes for Celery, Airflow and pandas
	$(UV) --python $(RUN) --editable '.[recipes]'
	$(RUN) -m pytest tests/recipes

check: format lint types contract test docs build  ## Run everything that CI runs

format: $(VENV)/.dev  ## Check the format; `.venv/bin/ruff format` mends it
	$(RUN) -m ruff format --check .

lint: $(VENV)/.dev  ## Check the code with ruff
	$(RUN) -m ruff check .

types: $(VENV)/.dev  ## Check the types with mypy
	$(RUN) -m mypy

drift: $(VENV)/.dev  ## Fail when the generated client is not what the contract makes
	$(RUN) -m pytest -q tests/contract/test_drift.py

contract:  ## Lint the contract (needs Node.js)
	npx --yes $(REDOCLY) lint openapi/speedpix.yaml --config openapi/redocly.yaml

coverage: $(VENV)/.dev  ## Run the tests, and tell which lines they run
	$(RUN) -m coverage run -m pytest
	$(RUN) -m coverage report

docs: $(VENV)/.dev  ## Build the documentation, in English and Chinese, into site/
	rm -rf site
	$(VENV)/bin/zensical build --strict --clean --config-file mkdocs.en.yml
	$(VENV)/bin/zensical build --strict --clean --config-file mkdocs.zh.yml
	cp docs/index.html site
	$(RUN) -m pytest -q tests/docs/site.py

build: $(VENV)/.dev  ## Build wheel and source distribution in dist/, and check them
	rm -rf dist
	$(RUN) -m build --outdir dist . >/dev/null
	$(RUN) -m twine check --strict dist/*

generate: $(VENV)/.dev  ## Make generated/speedpix_api from openapi/speedpix.yaml
	$(RUN) openapi/generator/generate.py

record: $(VENV)/.dev  ## Record the cassettes anew, from the emulator or the real service
	$(RUN) tests/replay/record.py

soak: $(VENV)/.dev  ## Run 2,000 runs in worlds drawn for them, with faults, and account for each
	$(RUN) tests/soak.py --runs 2000
	$(RUN) tests/soak_batch.py

bench: $(VENV)/.dev  ## Measure beside the published client; writes benchmarks/RESULTS.md
	$(PIP) install --requirement benchmarks/requirements.txt
	$(RUN) benchmarks/bench.py

test-pythons: $(VENV)/.dev  ## Try the built wheel on every Python of this machine
	$(RUN) tests/packaging/pythons.py --all

clean:  ## Remove all that these commands make
	rm -rf $(VENV) .cache dist out site .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.user: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --editable '.[cli,testing]'
	touch $@

$(VENV)/.dev: $(VENV)/.user
	$(PIP) install --editable '.[dev]'
	touch $@

$(VENV)/airflow/.there: tests/recipes/airflow.txt $(VENV)/.dev
	$(RUN) -m uv venv --quiet --clear --python $(RUN) $(@D)
	$(UV) --python $(@D) --editable . --requirement $<
	touch $@
