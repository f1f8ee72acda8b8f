# `make demo` shows that it works, `make test` proves it. Both set up .venv first if need be.
.DEFAULT_GOAL := help
.PHONY: help setup demo gui test bench docs gallery samples screenshots lint format types contracts clean

PYTHON := .venv/bin/python
JOBS ?= 2
ARGS ?=

help:
	@echo "make demo       render the sample scripts"
	@echo "make gui        open the application"
	@echo "make test       run the tests (ARGS=\"tests/engine -x\" for some of them, JOBS=4 for more at once)"
	@echo "make bench      run the benchmarks, write build/bench.json"
	@echo "make docs       write the manual's pages of nodes and keys, and all of it as build/manual.html"
	@echo "make gallery    the manual's rendered pictures"
	@echo "make samples    the pictures of the samples on the start page"
	@echo "make screenshots  the manual's pictures of the desktop"
	@echo "make lint       check the style (make format: apply it)"
	@echo "make types      check the types"
	@echo "make contracts  check which folder imports which"
	@echo "make clean      remove .venv and everything built"

setup:
	@./setup.sh

demo: setup
	@mkdir -p build/demo
	@.venv/bin/rimlight render resources/scripts/demo.rim
	@.venv/bin/rimlight render resources/scripts/relight.rim
	@echo "Look at build/demo/demo.0001.png and build/demo/relight.0003.png, then drag that lamp yourself: make gui ARGS=resources/scripts/relight.rim"

gui: setup
	@.venv/bin/rimlight gui $(ARGS)

# Where Qt's system libraries are missing, all but the application is tested all the same.
test: setup
	@$(PYTHON) -c "import PySide6.QtWidgets" 2>/dev/null || without_qt="-p no:pytest-qt"; \
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -n $(JOBS) $$without_qt $(ARGS)

bench: setup
	@mkdir -p build
	@$(PYTHON) benchmarks/run.py --output build/bench.json $(ARGS)

docs: setup
	@rm -rf docs/nodes
	@.venv/bin/rimlight docs --all docs/nodes --nuke docs/nuke_nodes.md
	@QT_QPA_PLATFORM=offscreen $(PYTHON) docs/making/keys.py
	@.venv/bin/rimlight docs --html build/manual.html

# Renders for some minutes; the page for browsers is `rimlight gallery FOLDER`.
gallery: setup
	@rm -rf docs/images/gallery
	@.venv/bin/rimlight gallery docs --manual
	@$(PYTHON) docs/making/pictures.py

samples: setup
	@$(PYTHON) docs/making/samples.py $(ARGS)

screenshots: setup
	@$(PYTHON) docs/making/screenshots.py $(ARGS)

lint: setup
	@$(PYTHON) -m ruff check .

format: setup
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

# The checker cannot follow the editable install, so it reads a copy, made afresh lest stale files stay in it.
types: setup
	@rm -rf build/lib build/bdist.* build/typing
	@$(PYTHON) -m pip install -qq --no-deps --no-build-isolation --target build/typing .
	@$(PYTHON) -m mypy -p rimlight
	@$(PYTHON) -m mypy docs/making

contracts: setup
	@.venv/bin/lint-imports --no-logo

clean:
	rm -rf .venv build dist rimlight.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
