PYTHON ?= python3
CORES ?= all

BIN := .venv/bin
# Snakemake finds profiles/default by itself
RUN = $(BIN)/snakemake --cores $(CORES)
# what make figures, report and sweep are of
BASE ?= config/paper.yaml
CONFIG ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Two makes at once would install over each other, or one would clear away what the other is
# installing. The second waits and then finds the work done.
ALONE := $(if $(shell command -v flock),flock Makefile) $(MAKE) --silent
READY := .venv/.ready
TEST_READY := .venv/.test-ready
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links
LOCK := $(COMPILE) pyproject.toml

# Snakemake does not start where it cannot keep anything in the user's folder for caches.
ifneq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" 2>&1),)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

.DEFAULT_GOAL := help
PEERS := benchmarks/requirements-jax benchmarks/requirements-torch

.PHONY: help setup test-setup slurm pynn schema test lint types contract unit workflow-test validation test-faults test-slurm test-browser test-elsewhere reproduce \
	paper figures sweep report suite mutants bench docs site results lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## the locked environment in .venv
	@$(ALONE) $(READY)

test-setup: ## the same, with what the tests need
	@$(ALONE) $(TEST_READY)

# The stamp goes first and comes back last: an environment without it was interrupted, possibly
# in the middle of a package, which pip would take for installed. Only then start from nothing,
# with the base interpreter: in an activated .venv, python3 is the very thing that gets cleared.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	"waferloop needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.11" % v[:2])'
	@case "$$PWD" in *[{}]*) echo "$$PWD: Snakemake takes braces in the path of a workflow for" \
	"wildcards; move it to a folder without them" >&2; exit 1;; esac
	@echo "installing the locked environment into .venv: a minute or two"
	@"$$($(PYTHON) -c 'import os, sys; print(os.path.realpath(sys._base_executable))')" -m venv $(if $(wildcard $@),,--clear) .venv
	@rm -f $@
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_READY): $(READY) requirements-test.lock
	@echo "installing what the tests need"
	@rm -f $(READY)
	@$(PIP) install --quiet --require-hashes -r requirements-test.lock
	@touch $(READY) $@

slurm: setup ## the same, with what submits jobs to a SLURM cluster
	@$(PIP) install --quiet --require-hashes -r requirements-slurm.lock

pynn: setup ## the same, with PyNN, NEST and Brian2
	@$(PIP) install --quiet --require-hashes -r requirements-pynn.lock

schema: setup ## the schema and the table of config/README.md, from workflow/waferloop/settings
	$(BIN)/python -m waferloop schema workflow/schemas/config.schema.yaml
	$(BIN)/python -m waferloop table config/README.md

# most of the time goes into jobs of the workflow that start one after the other
test: lint types contract ## every check and test
	@$(MAKE) --no-print-directory --jobs 2 workflow-test unit validation
	@echo "make test: all checks and tests passed"

lint: test-setup ## style and form of Python and Snakemake code
	$(BIN)/ruff check workflow tests benchmarks docs
	$(BIN)/ruff format --check workflow tests benchmarks docs
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

types: test-setup ## static types
	$(BIN)/mypy

contract: test-setup ## imports lead downwards, and none of the host's to the wafer
	$(BIN)/lint-imports

unit: test-setup ## one part at a time
	$(BIN)/pytest --durations=5 tests/unit

workflow-test: test-setup ## the workflow as its user runs it
	$(BIN)/pytest --durations=5 --ignore tests/workflow/faults --ignore tests/workflow/slurm tests/workflow

validation: test-setup ## against other simulators
	$(BIN)/pytest --durations=5 tests/validation

test-faults: test-setup ## what docs/reliability.md promises: kills, damage, full disks (a quarter of an hour)
	$(BIN)/pytest -s --durations=5 tests/workflow/faults

# As root, a SLURM that is missing comes from apt-get, where that has it; elsewhere the tests say what is
# missing. The plugin has an environment of its own: with it, Snakemake asks for a controller at every start.
SLURM := $(and $(shell command -v slurmctld),$(shell command -v slurmd),$(shell command -v munged))
test-slurm: test-setup .venv-slurm/.ready ## experiments on a SLURM cluster of two nodes, on loopback
	-@$(if $(SLURM),:,[ "$$(id -u)" != 0 ] || { apt-get update -qq && \
	apt-get install -qq --yes --no-install-recommends slurm-wlm munge > /dev/null; })
	$(BIN)/pytest -rs --durations=5 tests/workflow/slurm

# As root, a Chromium that is missing comes from apt-get; the tests say how else to get one.
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name))))
test-browser: test-setup .venv/.browser-ready ## the pages of reports in a real browser
	@$(if $(CHROMIUM),:,[ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || { apt-get update -qq && \
	apt-get install -qq --yes --no-install-recommends chromium > /dev/null; })
	$(BIN)/pytest --durations=5 tests/browser

.venv/.browser-ready: $(TEST_READY) requirements-browser.lock
	@echo "installing what drives a browser"
	@$(PIP) install --quiet --require-hashes -r requirements-browser.lock
	@touch $@

test-elsewhere: test-setup .venv-torch/.ready ## networks that are written for other libraries, in these (installs torch)
	$(BIN)/pytest tests/validation/test_nir_elsewhere.py

# In a folder where the package lies as mutmut expects it. A mutant may ask for all memory there is.
mutants: .venv-mutants/.ready ## mutation tests of the core: which change of it does no test notice? (an hour)
	rm -rf .mutants && mkdir .mutants && ln -s ../workflow .mutants/src
	for part in config tests pyproject.toml; do ln -s ../$$part .mutants/$$part; done
	cd .mutants && ulimit -v 12000000 && NUMBA_DISABLE_JIT=1 ../.venv-mutants/bin/mutmut run
	.venv-mutants/bin/python docs/make_mutants.py .mutants docs/reliability

reproduce: setup ## the paper's experiment, all figures and the report
	$(RUN) --configfile config/paper.yaml

paper: reproduce ## the same

figures: setup ## the figures of an experiment: make figures CONFIG=config/mine.yaml (without: the paper's)
	$(RUN) --configfile $(or $(CONFIG),$(BASE)) -- figures

report: setup ## its report, in the same way
	$(RUN) --configfile $(or $(CONFIG),$(BASE)) -- report

sweep: setup ## variants of the paper's experiment: make sweep CONFIG=config/sweep-noise.yaml
	@test -n "$(CONFIG)" || { echo "make sweep: say over what, as CONFIG=config/sweep-noise.yaml; there are:" \
	"$(wildcard config/sweep-*.yaml)" >&2; exit 1; }
	$(RUN) --configfile $(BASE) $(CONFIG) -- sweep

suite: setup ## one experiment for each task of config/suite-*.yaml (hours)
	$(if $(FASHION),@echo "no folder fashion-mnist here: $(FASHION) is left out (docs/results.md)")
	$(foreach name,$(SUITE),$(RUN) --configfile config/$(name).yaml$(newline))

# A peer that cannot be had is reported as missing.
bench: test-setup ## speed beside other simulators (a quarter of an hour, 5 GB of peers)
	-@$(MAKE) --silent .venv-jax/.ready
	-@$(MAKE) --silent .venv-torch/.ready
	$(BIN)/python benchmarks/bench.py benchmarks/results
	$(BIN)/python benchmarks/scaling.py benchmarks/results
	$(BIN)/python benchmarks/recurrent.py benchmarks/results
	$(BIN)/python benchmarks/large.py benchmarks/results
	$(BIN)/python benchmarks/job.py benchmarks/results

docs: test-setup ## the figures and numbers of docs/validation.md, docs/calibration.md and docs/pynn.md
	$(BIN)/python -W ignore docs/make_validation.py tests docs/validation
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore docs/make_calibration.py tests docs/calibration
	$(BIN)/python -W ignore docs/make_pynn.py

# What is done is not done again, but for what depends on a change of the package or the configuration.
# `alternatives` starts from the networks that `paper` has trained.
define newline


endef
FASHION := $(if $(wildcard fashion-mnist),,suite-fashion)
SUITE := $(filter-out $(FASHION),$(basename $(notdir $(wildcard config/suite-*.yaml))))
SWEEPS := calibration gradients alternatives $(basename $(notdir $(wildcard config/sweep-*.yaml)))
results: suite ## the experiments of docs/results.md and docs/calibration.md (hours)
	$(RUN) --configfile config/paper.yaml --config runs=130
	$(RUN) --configfile config/chips.yaml
	$(RUN) --configfile config/unseen.yaml -- sweep
	for name in $(SWEEPS); do $(RUN) --configfile config/paper.yaml config/$$name.yaml -- sweep || exit; done
	$(BIN)/python docs/make_results.py results docs/results paper $(SUITE) chips unseen $(SWEEPS)

# The small experiment is what a notebook looks at.
site: setup .venv-docs/.ready ## the documentation as a site in build/site, its notebooks executed (two minutes)
	$(RUN) --configfile config/smoke.yaml -- results/smoke/summary.json
	PATH="$(CURDIR)/.venv-docs/bin:$$PATH" PYTHONPATH="$(CURDIR)/workflow" COLUMNS=90 \
		.venv-docs/bin/python -m sphinx --quiet --fail-on-warning -c docs . build/site
	@echo build/site/index.html

vpath requirements-%.lock benchmarks
.venv-%/.ready: requirements-%.lock
	@echo "installing $<"
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# The tests' versions decide: what runs an experiment is then what was tested.
lock: test-setup ## newer versions of everything
	$(LOCK) --upgrade --extra test --output-file requirements-test.lock
	$(LOCK) --upgrade --constraint requirements-test.lock --output-file requirements.lock
	for extra in browser docs mutants pynn slurm; do $(LOCK) --upgrade --constraint requirements-test.lock --extra $$extra \
		--output-file requirements-$$extra.lock || exit; done
	for peers in $(PEERS); do $(COMPILE) --upgrade $$peers.in --output-file $$peers.lock; done

clean: ## forget the environment and the caches, keep the results
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		workflow/waferloop.egg-info
	find workflow benchmarks tests docs -name __pycache__ -prune -exec rm -rf {} +
