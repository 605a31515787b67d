# Needs Python 3.11 or later and make, nothing else. Each goal makes $(VENV) from the lock first.
# PYTHON=python3.12 picks the interpreter, VENV=elsewhere the folder of the environment.

VENV ?= .venv
# Intel Macs have wheels up to Python 3.13 only; what is newer than 3.14 is taken if nothing else is there.
PYTHON ?= $(shell test "$$(uname -sm)" = "Darwin x86_64" && tested=14 || tested=15; \
	for below in $$tested 99; do for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $$below))" \
	2>/dev/null && { echo $$name; exit; }; done; done)
PYTEST_ARGS ?=
BENCHMARKS ?=
FULL ?=
UPGRADE ?=
RECORDINGS ?=
REPORT_ARGS ?=

RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip --disable-pip-version-check install --quiet
LOCKED = $(VENV)/.locked
READY = $(VENV)/.ready
PEERS = $(VENV)/.peers
ORACLE = $(VENV)/.oracle
SITE = $(VENV)/.site
UV_VERSION = 0.13.9
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --only-binary :all: \
	--fork-strategy fewest $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help tutorial lab test lint notebooks warm bench soak rehearsal report site slides lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

tutorial: $(READY) ## execute every notebook and write HTML with the plots to build/
	$(RUN) -m tools.execute_notebooks

lab: $(READY) ## open the notebooks in JupyterLab
	$(RUN) -m jupyterlab notebooks

test: lint ## lint, then run the tests (PYTEST_ARGS="-k rls" for some of them)
	$(RUN) -m pytest -q -n logical --maxprocesses 4 --dist worksteal $(PYTEST_ARGS)

lint: $(READY) ## ruff, and import-linter for the one-way imports
	$(RUN) -m ruff check .
	$(VENV)/bin/lint-imports

notebooks: $(READY) ## make the notebooks and badges from notebooks/source and pyproject.toml
	$(RUN) -m tools.build_notebooks

warm: $(READY) ## compile all kernels once, so that the first cells do not wait
	$(RUN) -m tools.warm_kernels

bench: $(PEERS) ## measure all, write build/benchmarks.html (BENCHMARKS="part1-rls" for some, FULL=1: hours)
	$(RUN) -m benchmarks all $(if $(BENCHMARKS),--only $(BENCHMARKS)) $(if $(FULL),--full)

soak: $(ORACLE) ## the long tests: full notebooks, faults, damaged files, elephant, broken kernels
	$(RUN) -m pytest -q -m soak $(PYTEST_ARGS)
	$(RUN) -m pytest -q tests/trust/test_elephant.py
	$(RUN) -m tools.mutation_check

rehearsal: $(READY) ## run all notebooks in full with Colab's versions, on one core and on all
	$(RUN) -m tools.rehearse

report: $(READY) ## run the notebook own_recordings on RECORDINGS=FILE, write build/report (REPORT_ARGS="--event go")
	$(RUN) -m course.report $(or $(RECORDINGS),synthetic) $(REPORT_ARGS)

site: $(SITE) ## build the course site in build/site, read its pages and all notebooks in a browser
	$(RUN) -m tools.build_site
	$(RUN) -m pytest -q -m "soak or not soak" tests/site tests/notebooks/test_jupyterlab.py

slides: $(SITE) ## build the slides of both sessions in build/slides and look at each in a browser
	$(RUN) -m tools.build_slides
	$(RUN) -m pytest -q tests/slides

lock: ## write all locks anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock \
	&& .venv-lock/bin/python -m pip install --quiet uv==$(UV_VERSION); }
	$(COMPILE) pyproject.toml --extra test --output-file requirements.lock
	for extra in bench oracle site; do .venv-lock/bin/python -c "import sys, tomllib; print(*tomllib.load(\
	open('pyproject.toml', 'rb'))['project']['optional-dependencies'][sys.argv[1]], sep='\n')" \
	$$extra | $(COMPILE) - --constraints requirements.lock \
	--output-file requirements-$$extra.lock || exit 1; done

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) .venv-lock build dist *.egg-info .pytest_cache .ruff_cache .hypothesis \
	.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(LOCKED): requirements.lock
	@python="$(PYTHON)"; \
	test -n "$$python" || { echo "The course needs Python 3.11 or later and found none:" \
	"install it, or name yours with 'make PYTHON=/path/to/python3'." >&2; exit 1; }; \
	$$python -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo \
	"The course needs Python 3.11 or later, but PYTHON=$$python is older or does not run." >&2; \
	exit 1; }; \
	echo "Making $(VENV) with $$($$python --version) from requirements.lock (a few minutes)"; \
	$$python -m venv --clear $(VENV) || { echo \
	"Python could not make $(VENV); on Debian and Ubuntu install the package python3-venv." >&2; \
	exit 1; }
	$(PIP) --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	$(PIP) --no-deps --no-build-isolation --editable .
	@# Its question about news would lie over the plots.
	@$(VENV)/bin/jupyter labextension disable --level=sys_prefix \
	"@jupyterlab/apputils-extension:announcements" >/dev/null 2>&1
	@touch $@

$(PEERS): $(READY) requirements-bench.lock
	$(PIP) --require-hashes --only-binary :all: -r requirements-bench.lock
	@touch $@

$(ORACLE): $(READY) requirements-oracle.lock
	$(PIP) --require-hashes --only-binary :all: -r requirements-oracle.lock
	@touch $@

$(SITE): $(READY) requirements-site.lock
	$(PIP) --require-hashes --only-binary :all: -r requirements-site.lock
	@touch $@
