# Everything a person does with Daybook. `make` alone lists it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
STAGE ?= dev
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PORT DATA NOW ORDERS_PER_DAY SEED SWEEP_S

.DEFAULT_GOAL := help
.PHONY: help setup page run test check format journey bench pictures sim package deploy artifacts destroy restore drop lock audit clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: .venv/local.stamp infra/local/node_modules/.stamp page ## install what `make run` needs, without starting it

run: setup ## start Daybook on this machine (PORT= DATA= NOW= ORDERS_PER_DAY= SEED= SWEEP_S= ARGS=-v)
	@exec $(BIN)/python -m infra.local --parent $$PPID $(ARGS)

test: setup .venv/tests.stamp tests/pages/lighthouse/node_modules/.stamp ## run every test (ARGS= goes to pytest)
	@$(BIN)/python -m tests.support.chromium
	$(if $(ARGS),,$(BIN)/pytest -m alone tests/pages)
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(or $(ARGS),-m "not alone")

check: setup .venv/tests.stamp ## check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python infra/web/build.py --check

format: .venv/tests.stamp ## put the Python code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

journey: setup ## pair the sandbox shop, bring in 90 days, sync again, compare with the shop (ORDERS_PER_DAY= SEED=)
	@$(BIN)/python -m infra.local.journey

bench: setup .venv/tests.stamp ## measure the worker, the table and the API
	@$(BIN)/python -m tests.bench $(ARGS)

pictures: setup .venv/tests.stamp ## take the README's pictures of the sandbox shops
	@$(BIN)/python -m tests.support.chromium
	@$(BIN)/python -m tests.pages.pictures

sim: setup .venv/tests.stamp ## run the publish protocol's simulation (SEED= repeats one run with its trace)
	@$(BIN)/python -m tests.sim $(if $(SEED),--seed $(SEED)) $(ARGS)

package: setup ## build what goes to AWS: code.zip and template.json in build/package
	@$(BIN)/python -m infra.aws.package

deploy: setup ## make the stack of a stage (STAGE=dev|staging|prod ARTIFACT=<an earlier digest> SET="Parameter=value ...")
	@$(BIN)/python -m infra.aws.deploy deploy --stage $(STAGE) $(if $(ARTIFACT),--artifact $(ARTIFACT)) $(foreach each,$(SET),--set $(each))

artifacts: setup ## list what was deployed before and can be again
	@$(BIN)/python -m infra.aws.deploy artifacts --stage $(STAGE)

destroy: setup ## take the stack of a stage down; its data are kept unless DATA=delete (STAGE=)
	@$(BIN)/python -m infra.aws.deploy destroy --stage $(STAGE) --data $(if $(filter delete,$(DATA)),delete,keep)

restore: setup ## move a stage onto its table as it was (STAGE= AT=2026-11-27T03:00:00Z or TABLE= REASON= LEFT=lost ANEW=yes)
	@$(BIN)/python -m infra.aws.restore restore --stage $(STAGE) $(if $(AT),--at "$(AT)") $(if $(TABLE),--table "$(TABLE)") --reason "$(REASON)" $(if $(LEFT),--left "$(LEFT)") $(if $(ANEW),--anew "$(ANEW)")

drop: setup ## delete a table that a restore left behind (STAGE= TABLE=)
	@$(BIN)/python -m infra.aws.restore drop --stage $(STAGE) --table "$(TABLE)"

lock: .venv/tests.stamp ## lock the Python requirements anew; what runs is a part of what is tested
	$(LOCK) tests/requirements.in -o tests/requirements.txt
	$(LOCK) infra/local/requirements.in -c tests/requirements.txt -o infra/local/requirements.txt
	$(LOCK) requirements.in -c tests/requirements.txt -o requirements.txt
	$(LOCK) infra/local/node.in -o infra/local/node.txt
	$(LOCK) infra/audit/requirements.in -o infra/audit/requirements.txt

audit: setup .venv/tests.stamp ## look for known vulnerabilities, findings in our code and keys in its history; list what is built in
	@$(BIN)/uv venv --quiet --allow-existing .venv/audit
	@$(BIN)/uv pip sync --quiet --require-hashes --python .venv/audit/bin/python infra/audit/requirements.txt
	@.venv/audit/bin/python -m infra.audit

clean: ## remove what was installed and built; the data in var/ stay
	rm -rf .venv build chalicelib/pages/static infra/local/node_modules infra/web/node_modules tests/pages/lighthouse/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "daybook: Python 3.11 or newer is needed")'
	@echo "making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv

.venv/local.stamp: infra/local/requirements.txt | $(BIN)/python
	@echo "installing the Python packages"
	@$(PIP) -r $<
	@touch $@

.venv/tests.stamp: tests/requirements.txt .venv/local.stamp
	@echo "installing the test packages"
	@$(PIP) -r $<
	@touch $@

tests/pages/lighthouse/node_modules/.stamp: tests/pages/lighthouse/package-lock.json .venv/tests.stamp .venv/node.stamp
	@echo "installing Lighthouse"
	@$(BIN)/python -m tests.support.lighthouse
	@touch $@

.venv/node.stamp: infra/local/node.txt .venv/local.stamp
	@$(BIN)/python -m infra.local.node
	@touch $@

infra/local/node_modules/.stamp: infra/local/package-lock.json .venv/node.stamp
	@echo "installing the npm packages"
	@cd infra/local && npm ci --silent
	@touch $@

page: chalicelib/pages/static/shell.html

chalicelib/pages/static/shell.html: chalicelib/entrypoints/wire.py $(shell find infra/web -path infra/web/node_modules -prune -o -type f -print) .venv/node.stamp
	@echo "building the page"
	@$(BIN)/python infra/web/build.py
	@touch $@
