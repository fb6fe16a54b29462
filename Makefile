# make demo | test | check | bench | bench-compare BASE=commit | campaigns | bulk | autobahn | interop | browser | frameworks | engines | loops : each makes what it needs in .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AIMOCK := @copilotkit/aimock@1.43
PYODIDE := pyodide@314.0.7
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check bench bench-compare bulk campaigns autobahn interop browser frameworks engines loops clean

demo: $(VENV)/.demo
	$(BIN)/python -m examples.demo

test: $(VENV)/.test
	$(BIN)/python -m tests

check: $(VENV)/.test $(VENV)/.check $(VENV)/.bench
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m tests

bench: $(VENV)/.test $(VENV)/.bench
	$(BIN)/python -m benchmarks $(if $(ROWS),--rows $(ROWS),--publish)

bench-compare: $(VENV)/.test
	@test -n '$(BASE)' || { echo 'Which commit? make bench-compare BASE=<commit> [ROWS=<rows>]' >&2; exit 2; }
	$(BIN)/python -m benchmarks.compare $(BASE) $(if $(ROWS),--rows $(ROWS))

bulk: $(VENV)/.test
	$(BIN)/python -m campaigns.bulk $(if $(WRITE),--write)

campaigns: $(VENV)/.test
	$(BIN)/python -m campaigns $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

autobahn: $(VENV)/.test $(VENV)/.autobahn
	$(BIN)/python -m campaigns.autobahn $(if $(WRITE),--write)

interop: $(VENV)/.test $(VENV)/.interop $(if $(LITELLM),$(VENV)/.litellm)
	$(BIN)/python -m pytest campaigns/interop -rs

browser: $(VENV)/.test $(VENV)/.browser
	$(BIN)/python -m pytest campaigns/browser -rs

frameworks: $(VENV)/.test
	$(BIN)/python -m campaigns.frameworks $(if $(WRITE),--write) $(NAMES)

engines: $(VENV)/.test
	$(BIN)/python -m campaigns.engines $(if $(WRITE),--write) $(NAMES)

loops: $(VENV)/.loops
	$(VENV)/loops/bin/python -m pytest tests/test_loops.py -rs

$(VENV)/.base:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	$(PIP) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo: $(VENV)/.base pyproject.toml
	$(PIP) --editable '.[trio]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) --group test
	@touch $@

$(VENV)/.check: $(VENV)/.base pyproject.toml
	$(PIP) --group check
	@touch $@

$(VENV)/.bench: $(VENV)/.base pyproject.toml
	$(PIP) --group bench
	@touch $@

$(VENV)/.autobahn: $(VENV)/.base pyproject.toml
	$(PIP) --group autobahn
	@touch $@

# Peers have an environment of their own: what they need may not suit what the project is tested with.
$(VENV)/.interop: $(VENV)/.base pyproject.toml
	$(PYTHON) -m venv --without-pip $(VENV)/interop
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)/interop install --quiet --group interop
	@! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix $(VENV)/interop $(AIMOCK)
	@touch $@

# Pyodide, the wheels that it takes, and a Node with stack switching; what cannot be had is skipped.
$(VENV)/.browser: $(VENV)/.base pyproject.toml
	mkdir -p $(VENV)/browser/wheels
	@! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix $(VENV)/browser $(PYODIDE) node@24 || true
	$(BIN)/python -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --dest $(VENV)/browser/wheels \
		--platform pyemscripten_2026_0_wasm32 --python-version 3.14 --implementation cp --group browser || true
	@touch $@

$(VENV)/.litellm: $(VENV)/.base pyproject.toml
	$(PYTHON) -m venv --without-pip $(VENV)/interop-litellm
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)/interop-litellm install --quiet --group litellm
	@touch $@

$(VENV)/.loops: $(VENV)/.base pyproject.toml
	$(PYTHON) -m venv --without-pip $(VENV)/loops
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)/loops install --quiet --group test --group loops --editable .
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
