# Everything runs from .venv, made from the committed lock file; nothing global is touched.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# Images for CI set it; without cached bytecode each rehearsal compiles the embedded AWS: 3 CPU seconds.
export PYTHONDONTWRITEBYTECODE :=
BUNDLE := porter/bundle/bundle.tar.xz
APP_LOCK := app_template/requirements.lock
HOST_SIDE := porter/__init__.py porter/errors.py porter/unpack.py $(shell find porter/spec porter/host porter/daemon \
  porter/aws porter/cli porter/bundle -name '*.py' -o -name '*.json' -o -name '*.html' -o -name '*.css')

# What `pip install porter-cdk[host]` adds, and nothing of porter-cdk itself: CDK stays off hosts.
define HOST_REQUIREMENTS
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
print(*project["optional-dependencies"]["host"], sep="\n")
endef
export HOST_REQUIREMENTS

# Tests that measure time run first and alone; pytest ends with 5 where there are none.
# One worker more than the reference machine has cores: most tests wait now and then.
WORKERS ?= 3
REPORTS := .test-reports
define alone
$(BIN)/python -m pytest --junit-xml=$(REPORTS)/$(1)-timing.xml -m "$(2)" || [ $$? = 5 ]
endef
define workers
$(BIN)/python -m pytest --junit-xml=$(REPORTS)/$(1).xml -n $(WORKERS) --no-loadscope-reorder -m "$(2)" || [ $$? = 5 ]
endef

.PHONY: help rehearse tools test machines test-all mutants soak ids lint format bundle docs wheel lock clean

help:           ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

rehearse: $(INSTALLED) $(BUNDLE)   ## deploy app_template/ on this machine, end to end
	cd app_template && ../$(BIN)/porter rehearse

tools: $(INSTALLED)                ## with apt or dnf, what `porter rehearse --machine systemd` needs
	$(BIN)/porter doctor --install-command | sh -ex

# CI and a release set PORTER_TEST_EFFORT themselves (tests/harness/effort.py).
test: $(INSTALLED) $(BUNDLE)       ## the tests of a newcomer: about 15 minutes on 2 cores
	$(call alone,test,timing and not machines and not exhaustive)
	$(call workers,test,not timing and not machines and not exhaustive)

machines: $(INSTALLED) $(BUNDLE)   ## the tests that CI adds: booted machines, more rehearsals
	$(call workers,machines,machines and not exhaustive)

test-all: export PORTER_TEST_EFFORT = all
test-all: $(INSTALLED) $(BUNDLE)   ## all tests, and mutants, for a release
	$(call alone,all,timing)
	$(call workers,all,not timing)
	$(MAKE) mutants

mutants: $(INSTALLED) $(BUNDLE)    ## change critical modules at random: their tests must fail (SEED, EACH, MODULES)
	$(BIN)/python -m tests.mutation --workers $(WORKERS) $(SEED:%=--seed %) $(EACH:%=--each %) $(MODULES)

soak: $(INSTALLED) $(BUNDLE)       ## porterd under load and faults, for an hour (SECONDS): it must not grow
	PORTER_SOAK_SECONDS=$(or $(SECONDS),3600) $(BIN)/python -m pytest tests/interface/test_soak.py --log-cli-level=INFO

ids: $(INSTALLED)                  ## bring tests/ids/table.tsv up to date with the tests' tiers
	$(BIN)/python -m tests.ids.table write

lint: $(INSTALLED)                 ## ruff, mypy strict, import-linter, and no test that imports another
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/isolation/test_test_modules.py

format: $(INSTALLED)               ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bundle: $(BUNDLE)                  ## porter's host side as one archive

docs: $(INSTALLED)                 ## the documentation as a site: open site/index.html
	$(BIN)/python -m zensical build --clean --strict

wheel: $(INSTALLED) $(BUNDLE)      ## dist/porter_cdk-*.whl
	$(BIN)/uv build --wheel --quiet --no-build-isolation --python $(BIN)/python

lock:                              ## resolve pyproject.toml again into the four files *.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra rehearse --extra host --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -o dev.lock
	$(BIN)/python -c "$$HOST_REQUIREMENTS" | $(BIN)/uv pip compile -q - --constraint dev.lock \
	  --python-platform linux --python-version 3.11 --generate-hashes --no-annotate --no-header -o host.lock
	printf '%s\n' setuptools wheel build | $(BIN)/uv pip compile -q - --universal \
	  --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -o build.lock
	sed '/^#/!d' $(APP_LOCK) > $(APP_LOCK).new
	echo pytest | $(BIN)/uv pip compile -q pyproject.toml - --extra rehearse --constraint dev.lock --universal \
	  --python-version 3.11 --generate-hashes --no-annotate --no-header >> $(APP_LOCK).new
	mv $(APP_LOCK).new $(APP_LOCK)

clean:                             ## remove everything that make made
	rm -rf .venv .cache dist site $(REPORTS) $(BUNDLE) porter/bundle/.cache

$(INSTALLED): dev.lock build.lock pyproject.toml
	@echo "installing porter's development tools into .venv (900 MB) ..."
	$(PYTHON) -m venv --clear .venv
	@# pip installs the locked uv, which installs all the rest; both show what they are doing.
	sed -n '/^uv==/,/[^\\]$$/p' dev.lock > .venv/uv.lock
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --build-constraints build.lock -r dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(BUNDLE): host.lock $(HOST_SIDE) | $(INSTALLED)
	@echo "building the bundle, porter's host side ..."
	$(BIN)/python -m porter.bundle.build $@
