# Commands of the portal. A machine needs Python 3.11 and make; each target sets up what it needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# bytecode is kept, whatever the environment says: else each of many processes compiles all code again
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo setup test check bench lock format messages

PORT ?= 8000
# more than there are processors: many tests wait for a browser, a broker or a letter
TEST_PROCESSES ?= 5
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11

help:
	@echo "make demo    set up with demo data, then serve http://127.0.0.1:$(PORT)"
	@echo "make setup   the same without serving"
	@echo "make test    all tests: PostgreSQL, Redis and Chromium, then SQLite"
	@echo "make check   format, lint, types, contracts, migrations, templates, catalogues"
	@echo "make format  put Python and templates into the agreed form"
	@echo "make bench   medians and ratios, build/bench.json"
	@echo "make messages renew locale/*.po from the code (needs GNU gettext)"
	@echo "make lock    renew requirements/*.txt"

demo: setup
	@exec $(BIN)/python manage.py serve --port $(PORT)

setup: .venv/base-installed $(CATALOGUES)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_reference
	@$(BIN)/python manage.py demo_data --if-empty

# the second pass runs whatever the first one says; either failure fails the command
test: .venv/dev-installed $(CATALOGUES)
	@failed=0; \
	echo "== Pass 1 of 2: PostgreSQL, Redis, Chromium =="; \
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal || failed=1; \
	echo "== Pass 2 of 2: the default without servers, SQLite with tasks in process =="; \
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal --sqlite -m "not servers and not browser and not once" || failed=1; \
	exit $$failed

check: .venv/dev-installed $(CATALOGUES)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint --check templates
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m tests.catalogues

format: .venv/dev-installed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	-$(BIN)/djlint --reformat --quiet templates

bench: .venv/dev-installed $(CATALOGUES)
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks --output build/bench.json

messages: .venv/dev-installed
	$(BIN)/python manage.py makemessages

lock: .venv/dev-installed
	$(LOCK) --output-file requirements/base.txt requirements/base.in
	$(LOCK) --output-file requirements/dev.txt requirements/dev.in

# --- set-up: stamps make the second run start in seconds -------------------------------------------
.venv/bin/python:
	@echo "Creating the virtual environment …"
	@[ -n "$(PYTHON)" ] || { echo "Install Python 3.11 (Debian: apt-get install python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory .install-venv-package
	@$(PYTHON) -m venv .venv

.PHONY: .install-venv-package
.install-venv-package:
	@as_root=$$([ "$$(id -u)" = 0 ] && echo env || echo "sudo -n"); \
	{ $$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } \
		|| { echo "Python's venv module is missing: as root, apt-get install python3-venv" >&2; exit 1; }

.venv/base-installed: requirements/base.txt | .venv/bin/python
	@echo "Installing the locked dependencies …"
	@$(PIP_INSTALL) --requirement requirements/base.txt
	@touch $@

.venv/dev-installed: requirements/dev.txt requirements/base.txt | .venv/bin/python
	@echo "Installing the locked dependencies, with those of tests and checks …"
	@$(PIP_INSTALL) --requirement requirements/dev.txt
	@touch .venv/base-installed $@

%.mo: %.po | .venv/base-installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
