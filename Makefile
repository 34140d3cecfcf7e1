# Works from a bare clone: only python3 and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/dev-ready
SHOP := $(VENV)/shop-ready
.DEFAULT_GOAL := help
.PHONY: help run test containers chaos soak streams scaling requests paths check lock sbom digests clean python

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 14

run: $(SHOP)  ## Open the shop on http://127.0.0.1:8080
	@exec $(BIN)/coffeeshop run

test: $(DEV)  ## Run every test but the chaos and container suites
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore=tests/chaos --ignore=tests/containers

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

scaling: $(DEV)  ## Apply a step of load to a shop, and compare its scaling with the simulation
	$(BIN)/python -m benchmarks.scaling --chart $(or $(CHART),build/scaling.png)

requests: $(DEV)  ## Measure the most expensive anonymous request of each operation (Linux)
	$(BIN)/python -m benchmarks.requests

paths: $(DEV)  ## Count the files and functions that an order, a webhook and a start run through
	$(BIN)/python -m benchmarks.paths $(if $(FUNCTIONS),--functions)

check: $(DEV)  ## Lint, types, layers, format
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(DEV)  ## Pin every dependency again, with hashes, for every platform
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra shop --extra emulator --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --extra shop --extra build -c requirements.lock pyproject.toml \
		-o requirements-image.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra shop --extra emulator --extra build --extra dev -c requirements.lock \
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
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { echo "The coffee shop needs Python 3.11 or newer: $(PYTHON) was not found." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(2)' || { \
		echo "The coffee shop needs Python 3.11 or newer: $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; exit 2; }

$(SHOP): requirements.lock pyproject.toml | python
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made; on Debian, apt install python3-venv." >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(SHOP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
