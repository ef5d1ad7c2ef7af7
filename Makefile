# Needs make and Python >= 3.11, nothing else. The only place that says how a thing is run:
# continuous integration and the pre-commit hooks call these targets.

PYTHON ?= python3
BIN := .venv/bin
MADE := .venv/.made
CODE := relay tests $(wildcard bench container helm monitoring tools)
# --no-config keeps settings of this machine out of the lock.
LOCK := $(BIN)/uv pip compile --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-strip-extras --quiet pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help env demo test chart image lint type bench schemas crds readme dashboards pictures lock clean

help: ## say what the targets do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(MADE) ## make .venv with the command `relay` in it, from the hash-pinned lock

$(MADE): requirements-dev.lock pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The relay needs Python 3.11 or newer and '$(PYTHON)' is not: try make PYTHON=python3.12 env" >&2; \
		exit 1; }
	@# Another Python laid over a working environment would break it, so one that works is kept.
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@# The lock is whole: resolving it again could only find something newer, and refuse it.
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps \
		--only-binary=:all: --requirement requirements-dev.lock
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps \
		--no-build-isolation --editable .
	@touch $@

demo: env ## watch an attack move through six SOCs on a real broker; SECURE=1: on a secured one
	$(BIN)/relay demo $(if $(SECURE),--secure)

test: lint type ## everything but the chart: lint, types, schema drift, all tests on a real broker
	$(BIN)/relay schemas --check
	$(BIN)/python -m pytest --ignore=tests/chart

chart: env ## the chart: lint, suites, schemas, Pod Security; needs Go, and minutes the first time
	@# Apart from the tests, which have little time each; what cannot be built is skipped by name.
	$(BIN)/python -m tools
	$(BIN)/python -m pytest tests/chart

image: env ## build the container image into dist/ and check it; on Debian, as root, with buildah
	$(BIN)/python -m container
	$(BIN)/python -m pytest -rs tests/image

lint: env ## style, format, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

type: env ## mypy, strict, tests included
	$(BIN)/mypy $(CODE)

bench: env ## one line of JSON per scenario
	$(BIN)/python -m bench

schemas: env ## write schemas/ anew from the models, and that of the chart's values
	$(BIN)/relay schemas
	$(BIN)/python -m helm

crds: env ## write tests/chart/schemas anew: Kubernetes' and other people's, as pinned in tools/
	$(BIN)/python -m tools.schemas

readme: env ## write the chart's README and the rendering for review anew
	$(BIN)/python -m tools
	$(BIN)/python -m tools.derived

dashboards: env ## write helm/relay/files/dashboards anew from monitoring/
	$(BIN)/python -m monitoring

pictures: env ## draw docs/pictures anew: two minutes of the demo, watched by a Prometheus
	$(BIN)/python -m monitoring.pictures

lock: env ## resolve both locks anew; make lock UPGRADE=--upgrade takes newer versions
	$(LOCK) $(UPGRADE) --output-file requirements.lock
	$(LOCK) $(UPGRADE) --extra broker --extra otel --group dev --constraint requirements.lock \
		--overrides requirements.overrides \
		--output-file requirements-dev.lock

clean: ## remove what make and the tools left here (not the cache of jars and programs)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov build dist
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
