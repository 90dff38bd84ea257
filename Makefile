# `make help` lists the targets. Everything runs in the virtual environment .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
HTTP_PORT ?= 8000
DASHBOARD_PORT ?= 8265
DATA_DIR ?= .local
export HTTP_PORT DASHBOARD_PORT DATA_DIR

VENV_PYTHON := .venv/bin/python
PACKAGES := $(wildcard agent benchmarks channels company database deployments documents domain embeddings evals mcp_server messaging notices pipeline sandbox sentiment serve_app specs standins)
# A whole system needs every core: these run one after the other, the rest side by side.
SERIAL_SUITES := tests/e2e tests/chaos
PARALLEL_SUITES := tests/unit tests/contract tests/integration
# A worker has servers of its own and needs up to 2 GB.
PARALLEL := -n logical --maxprocesses 4 --dist loadgroup

.PHONY: help
help: ## shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	echo "  Variables: HTTP_PORT=$(HTTP_PORT) DASHBOARD_PORT=$(DASHBOARD_PORT) DATA_DIR=$(DATA_DIR)"

.PHONY: setup
setup: ## installs the virtual environment, packages and web form if they are missing or outdated
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 is needed on PATH." >&2; exit 1; fi
	"$(PYTHON)" scripts/setup.py

.PHONY: run
run: setup ## runs the whole system in the foreground; prints READY and the addresses
	@exec $(VENV_PYTHON) -m serve_app run

.PHONY: demo
demo: setup ## sends the sample tickets through a running system and shows the answers
	@exec $(VENV_PYTHON) -m serve_app demo

.PHONY: stop
stop: ## stops a running system and anything that an earlier run left running
	@if [ ! -x $(VENV_PYTHON) ]; then echo "Nothing was ever started here."; exit 0; fi
	exec $(VENV_PYTHON) -m serve_app stop

# The main run comes last, so that the output ends with its closing line.
.PHONY: test
test: setup ## runs every test that needs no account
	@failed=""
	(cd web-form && npm test) || failed="$$failed front-end"
	$(VENV_PYTHON) -m pytest $(SERIAL_SUITES) || failed="$$failed whole-system"
	if [ -n "$$failed" ]; then echo "Failed so far:$$failed tests"; fi
	$(VENV_PYTHON) -m pytest $(PARALLEL) $(PARALLEL_SUITES) || exit 1
	[ -z "$$failed" ]

.PHONY: check
check: setup ## checks format, lint, types (of the web form too), import contracts and config.yaml
	@.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	$(VENV_PYTHON) -m mypy $(PACKAGES)
	.venv/bin/lint-imports
	$(VENV_PYTHON) -m serve_app check-config
	$(VENV_PYTHON) scripts/lock.py --check
	cd web-form && npm run --silent check

.PHONY: manifests
manifests: setup ## writes config.yaml into the manifests of kuberay/
	@$(VENV_PYTHON) -m serve_app manifests

.PHONY: monitoring
monitoring: setup ## runs Prometheus with our rules on the running system (needs the package prometheus)
	@exec $(VENV_PYTHON) -m serve_app monitoring

.PHONY: monitoring-files
monitoring-files: setup ## writes the Grafana dashboards and the PrometheusRule of monitoring/
	@$(VENV_PYTHON) scripts/monitoring_files.py

.PHONY: api-reference
api-reference: setup ## writes docs/reference/api.md from the API
	@PYTHONPATH=. $(VENV_PYTHON) scripts/api_reference.py

.PHONY: config-reference
config-reference: setup ## writes docs/reference/config.md, company.md, their schemas and the channels' settings where they are handed on
	@PYTHONPATH=. $(VENV_PYTHON) scripts/config_reference.py
	PYTHONPATH=. $(VENV_PYTHON) scripts/channel_settings.py
	PYTHONPATH=. $(VENV_PYTHON) scripts/company_reference.py

.PHONY: api-types
api-types: setup ## writes web-form/src/api/schema.d.ts, the TypeScript types of the API
	@PYTHONPATH=. $(VENV_PYTHON) scripts/api_types.py

.PHONY: fmt
fmt: setup ## formats the code
	@.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

.PHONY: chaos
chaos: setup ## SCHEDULES=20 SEED=1: injects seeded faults into a system of its own and checks every promise
	@exec $(VENV_PYTHON) -m tests.chaos --schedules $(or $(SCHEDULES),20) --seed $(or $(SEED),1) $(CHAOS_OPTIONS)

.PHONY: load
load: setup ## MINUTES=10 RESTART_EVERY=0 REDEPLOY_EVERY=0 (seconds): runs Locust against a running system, then checks that nothing was lost
	@exec $(VENV_PYTHON) -m tests.load --minutes $(or $(MINUTES),10) --restart-every $(or $(RESTART_EVERY),0) --redeploy-every $(or $(REDEPLOY_EVERY),0)

.PHONY: eval
eval: setup ## measures quality on labelled data; CHECK=1 fails if a figure fell beyond its interval
	@exec $(VENV_PYTHON) -m evals $(if $(CHECK),--check)

.PHONY: bench
bench: setup ## runs the benchmarks and writes a JSON result each to benchmarks/results; ONLY=NAME runs one
	@exec $(VENV_PYTHON) -m benchmarks --only "$(ONLY)"

.PHONY: lock
lock: ## writes the lock files from the installed packages; TORCH=cpu|default that of a build of torch
	@$(VENV_PYTHON) scripts/lock.py $(if $(TORCH),--torch $(TORCH))
