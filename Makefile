# Everything one does with the repository; each line works on a bare machine with Python 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
# A test that hangs tells where and ends the run, instead of keeping everybody waiting.
WORKERS ?= auto
IN_TIME := -o faulthandler_timeout=240 -o faulthandler_exit_on_timeout=true
export STREAMLIT_BROWSER_GATHER_USAGE_STATS = false

.PHONY: run test lint fix bench torture screenshots docs notebook standin lock clean

run: .venv/installed
	@$(BIN)/streamlit run studio.py

test: .venv/installed-dev lint
	$(BIN)/python -m pytest $(IN_TIME) -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 1 -m "not torture and not alone"
	$(BIN)/python -m pytest $(IN_TIME) -m alone

lint: .venv/installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy --strict core

fix: .venv/installed-dev
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

torture: .venv/installed-dev
	$(BIN)/python -m pytest -m torture -s
	STUDIO_FUZZ_EXAMPLES=100000 $(BIN)/python -m pytest tests/test_conditional.py

bench: .venv/installed-dev
	$(BIN)/python -m bench

screenshots: .venv/installed-dev
	$(BIN)/python -m tests.screenshots

docs: .venv/installed-dev
	$(BIN)/python -m tests.reference

notebook: .venv/installed
	@$(BIN)/python -c 'import jupyterlab' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check jupyterlab
	PYTHONPATH=$(CURDIR) $(BIN)/jupyter lab notebooks

standin: .venv/installed-dev
	$(BIN)/python -m tests.standin

lock: .venv/installed-dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Onefile Studio needs Python 3.11 or newer. Name one: make run PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
