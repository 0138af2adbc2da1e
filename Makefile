# Every target does its own set-up: `make demo` and `make test` work from a clean clone with Python 3.11+ and make.
#
#   make demo     simulate a lively few minutes in the demo shop, replay them, print receipts beside the truth
#   make hq-demo  twenty simulated shops and their headquarters, on PostgreSQL and NATS of Debian; prints its page
#   make test     ruff, mypy and the quick tests
#   make test-all … and the long ones (tests/long.py): kills, rigs, films, a simulated month; half an hour
#   make lint     ruff and mypy alone
#   make trainer  also install what training the detector needs (torch); the tests then include it
#   make bench    replay speed, time per message, how both grow with plates and people
#   make clean    remove what was built, the virtual environment included

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# Run `make PYTHON=/path/to/python3.12 …` to choose another one.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Many tests wait for brokers, shops, browsers and clocks: half as many again as there are cores keep all of them busy.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS := $(shell echo $$(($(CORES) + ($(CORES) + 1) / 2)))
# Of hq-demo.
SHOPS := 20
# Works with and without pip inside the environment (see the venv target).
PIP = $$(cat $(VENV)/pip-command) install --quiet --disable-pip-version-check --constraint requirements.lock

.PHONY: demo hq-demo test test-all lint bench setup trainer clean

demo: $(VENV)/ready
	$(BIN)/tebura demo

hq-demo: $(VENV)/ready-for-headquarters
	$(BIN)/tebura demo --headquarters $(SHOPS)

# Tests start hundreds of processes. Each would compile all modules anew where the environment forbids to keep them.
test test-all: export PYTHONDONTWRITEBYTECODE =
test: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

# The month is begun first (tests/conftest.py), since it takes as long as half of the others together.
test-all: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m ""

lint: $(VENV)/ready-to-develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers $(CORES)

bench: $(VENV)/ready
	$(BIN)/tebura bench

setup: $(VENV)/ready-to-develop

trainer: $(VENV)/ready-to-train

clean:
	rm -rf $(VENV) out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- set-up, once; again when a dependency changes ---

$(VENV)/ready: pyproject.toml requirements.lock $(VENV)/pip-command
	@echo "Installing Tebura and what it needs into $(VENV) ..."
	@$(PIP) --editable .
	@touch $@

# At once with what `ready` installs: one after the other builds Tebura twice.
$(VENV)/ready-to-develop: pyproject.toml requirements.lock $(VENV)/pip-command
	@echo "Installing Tebura and what its tests need into $(VENV) ..."
	@$(PIP) --editable '.[dev]'
	@touch $(VENV)/ready $@

$(VENV)/ready-for-headquarters: $(VENV)/ready
	@echo "Installing what headquarters needs into $(VENV) ..."
	@$(PIP) --editable '.[headquarters]'
	@test "$$(id -u)" != 0 || { command -v nats-server && ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nats-server postgresql >/dev/null; }
	@touch $@

$(VENV)/ready-to-train: models/requirements.txt $(VENV)/ready-to-develop
	@echo "Installing what training needs into $(VENV); torch is large ..."
	@$(PIP) --no-deps --requirement models/requirements.txt
	@$(BIN)/python -c 'from models.offline import ultralytics; ultralytics()' || { \
		echo "torch and ultralytics do not run here; is this torch a build for CPUs?" >&2; exit 1; }
	@touch $@

# Debian ships python3 without what `python3 -m venv` needs (ensurepip). Three ways out, in this order: a pip of
# the system that installs into the environment from outside; as root, the missing package; else, say the remedy.
$(VENV)/pip-command:
	@test -n "$(PYTHON)" || { echo "Tebura needs Python 3.11 or later. On Debian: apt-get install python3" >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		$(PYTHON) -m venv $(VENV) && echo "$(BIN)/python -m pip" > $@; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --without-pip $(VENV) && echo "$(PYTHON) -m pip --python $(BIN)/python" > $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "This Python cannot make virtual environments; installing Debian's python3-venv ..."; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null && \
		$(PYTHON) -m venv $(VENV) && echo "$(BIN)/python -m pip" > $@; \
	else \
		echo "This Python cannot make virtual environments. As root: apt-get install python3-venv" >&2; exit 1; \
	fi
