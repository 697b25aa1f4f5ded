# The commands of the project, in an environment of its own. Needs Python 3.11 or newer and a C++ compiler
# (or SHOAL_NATIVE=0); everything else comes from PyPI.

PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

NATIVE_FILES := $(shell find native -type f)
NATIVE_SOURCES := CMakeLists.txt $(NATIVE_FILES)
PACKAGE_SOURCES := $(shell find src -type f ! -name '*.pyc')

# Stamps of what the environment holds: the package as users get it, or the source tree itself.
PLAIN := $(VENV)/holds-package$(SHOAL_NATIVE)
EDITABLE := $(VENV)/holds-source-tree$(SHOAL_NATIVE)
SHOAL := $(or $(wildcard $(EDITABLE)),$(PLAIN))

# What is compiled of a source is kept, whatever a container says: hundreds of tests start Python anew.
export PYTHONDONTWRITEBYTECODE :=

# Matrices in the tests are small, and the tests themselves run in parallel.
TEST_ENVIRONMENT := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

LOCKED ?= tools/locked.txt

# The compiled module of `make sanitize`, beside the environment: a package that nothing else imports.
SANITIZED := build/sanitize

.PHONY: help demo test lint sanitize clusters beside peers docs fresh web format bench clean
.DELETE_ON_ERROR:

help:  ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

demo: $(SHOAL)  ## choose, train and explain a network for a real table
	$(BIN)/shoal fit builtin:breast_cancer --target diagnosis --choose one-se --out demo --overwrite
	@echo "The report: file://$(CURDIR)/demo/report.html"

test: lint  ## run every check: lint, types, layers, tests, examples
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(EDITABLE)  ## check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run --Werror $(NATIVE_FILES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The sanitizers' library comes before all others, and the one that throws exceptions right after it. What
# CPython never frees is no leak of ours. An environment without packages has no hook that finds the source tree.
# Their heap is not the one that is counted, and a fork may copy it while another thread holds its lock.
sanitize: $(EDITABLE)  ## run the native tests where every access to memory is checked (Linux, GCC)
	$(PYTHON) -m venv --without-pip $(SANITIZED)/venv
	@$(PIP) --no-build-isolation --no-deps --upgrade --target $(SANITIZED)/package . \
		-C build-dir=$(SANITIZED)/build -C cmake.define.SHOAL_SANITIZE=ON -C cmake.build-type=RelWithDebInfo
	@rm -f $(SANITIZED)/report.*
	PYTHONPATH=$(CURDIR)/$(SANITIZED)/package:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0:log_path=$(CURDIR)/$(SANITIZED)/report UBSAN_OPTIONS=print_stacktrace=1 \
	$(TEST_ENVIRONMENT) $(SANITIZED)/venv/bin/python -m pytest -n auto --dist worksteal --max-worker-restart 0 \
		tests/contract/test_native.py tests/contract/test_native_draws.py tests/contract/test_native_layers.py tests/contract/test_native_outputs.py tests/contract/test_native_searching.py tests/contract/test_native_sequences.py tests/native tests/engines --ignore tests/native/test_counts.py \
		--deselect tests/native/test_threads.py::test_forks_while_other_threads_train \
		--deselect tests/native/test_threads.py::test_a_child_forked_while_daemon_threads_train_trains_and_ends \
	|| { cat $(SANITIZED)/report.*; exit 1; }

clusters: $(EDITABLE)  ## run studies on clusters of Dask, Ray and MPI, and kill some of their processes (minutes; mpiexec)
	@$(PIP) --no-build-isolation --editable '.[dev,ray,mpi]'
	SHOAL_CLUSTERS=1 $(TEST_ENVIRONMENT) $(BIN)/python -m pytest tests/clusters

# In an environment of their own: they hold NumPy and pandas back.
peers: $(PEERS)/holds-package  ## compare with PyTorch and Keras, and run the checks of aeon and sktime (1 GB to install)
	$(TEST_ENVIRONMENT) $(PEERS)/bin/python -m pytest tests/contract/test_conventions.py \
		tests/contract/test_conventions_of_layers.py tests/export/test_torch.py \
		tests/estimators/test_every_check_of_aeon.py tests/estimators/test_every_check_of_sktime.py

beside: $(EDITABLE)  ## run the tests of Optuna, MLflow and TensorBoard, which it installs
	@$(PIP) $(addprefix --constraint ,$(LOCKED)) 'optuna>=4.0' 'mlflow>=3.0' tensorboard
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n auto --dist worksteal tests/watching tests/selection/test_by_optuna.py tests/contract/test_snippets.py

docs: $(EDITABLE)  ## build the documentation, its figures computed on the way
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "The documentation: file://$(CURDIR)/build/docs/index.html"

fresh: $(EDITABLE)  ## install the package as users do and go from a real table to predictions
	tools/fresh

# The lock file says every version to the digit: the same sources are the same bytes.
web: web/node_modules  ## build the page of the lab from web/ (Node.js 20.19 or newer)
	cd web && npm run --silent check && npm test --silent && npm run --silent build

web/node_modules: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

format: $(EDITABLE)  ## put the code in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(NATIVE_FILES)

bench: $(BENCH)/holds-package  ## measure shoal beside torch, jax and scikit-learn (25 minutes, 2 GB to install)
	$(BENCH)/bin/python -m benchmarks
	$(BENCH)/bin/python -m benchmarks.growth

clean:  ## remove what these commands made
	rm -rf $(VENV) $(BENCH) $(PEERS) build dist demo web/node_modules web/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shoal needs Python 3.11 or newer, this is " + sys.version + "; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(PLAIN): pyproject.toml $(NATIVE_SOURCES) $(PACKAGE_SOURCES) | $(BIN)/python
	@echo "Installing shoal and what it needs into $(VENV), which takes a minute or two the first time"
	@$(PIP) '.[all]'
	@rm -f $(VENV)/holds-*
	@touch $@

$(BENCH)/holds-package: pyproject.toml $(NATIVE_SOURCES) $(PACKAGE_SOURCES)
	$(PYTHON) -m venv $(BENCH)
	@echo "Installing shoal and its rivals into $(BENCH)"
	@$(BENCH)/bin/python -m pip --disable-pip-version-check install --quiet \
	    --extra-index-url https://download.pytorch.org/whl/cpu '.[bench]'
	@touch $@

$(PEERS)/holds-package: pyproject.toml $(NATIVE_SOURCES) $(PACKAGE_SOURCES)
	$(PYTHON) -m venv $(PEERS)
	@echo "Installing shoal and its peers into $(PEERS)"
	@$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet \
	    --extra-index-url https://download.pytorch.org/whl/cpu '.[test,peers]'
	@touch $@

# Without build isolation, so that after a change the compiler only sees the files that changed; and with the versions
# of a known day, so that what others release is met when somebody asks for it: LOCKED= takes the newest of everything.
$(EDITABLE): pyproject.toml $(LOCKED) $(NATIVE_SOURCES) | $(BIN)/python
	@echo "Installing shoal and the tools of its developers into $(VENV), which takes a minute or two the first time"
	@$(PIP) 'scikit-build-core>=0.10' 'nanobind>=2.4' cmake ninja
	@$(PIP) --no-build-isolation $(addprefix --constraint ,$(LOCKED)) --editable '.[dev]'
	@rm -f $(VENV)/holds-*
	@touch $@
