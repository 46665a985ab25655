# Everything a developer does, in one place. A second call installs nothing: the stamps in .venv say what is there.
PYTHON ?= python3
BIN = .venv/bin
SOURCES = pyproject.toml requirements.lock

.PHONY: setup tour test check test-backends test-kill bench docs lock clean

setup: .venv/.dev                       ## .venv with TensorFlow and the development tools

tour: .venv/.tensorflow                 ## the main job on material made here; writes tour/index.html
	$(BIN)/reverie tour

test: setup                             ## the suite, on TensorFlow
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: setup                            ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-backends: .venv-jax/.dev .venv-torch/.dev   ## the marked subset, on JAX and on PyTorch
	KERAS_BACKEND=jax .venv-jax/bin/python -m pytest -n 2 --dist loadfile -m 'backends and not long'
	KERAS_BACKEND=torch .venv-torch/bin/python -m pytest -n 2 --dist loadfile -m 'backends and not long'

test-kill: setup                        ## training killed at 100 random moments; minutes
	$(BIN)/python -m pytest -m long -k kill

bench: setup                            ## make bench ENGINE=text DATA=folder [PEER=folder]
	$(BIN)/python -m benchmarks $(or $(ENGINE),text) --data "$(DATA)" $(if $(PEER),--peer "$(PEER)")

docs: setup                             ## docs/cli.md from the command's own help
	$(BIN)/python -m reverie.cli.reference docs/cli.md

lock: setup                             ## resolve every version again, for all Pythons, systems and extras
	$(BIN)/uv pip compile pyproject.toml --universal --all-extras --python-version 3.11 --fork-strategy fewest --upgrade \
	  --custom-compile-command "make lock" --annotation-style line --no-emit-index-url --no-emit-find-links \
	  --quiet --output-file requirements.lock

clean:                                  ## remove the environments and what the tools cached
	rm -rf .venv .venv-jax .venv-torch .pytest_cache .ruff_cache .mypy_cache

.venv/.tensorflow: $(SOURCES)
	$(call install,.venv,tensorflow)
.venv/.dev: $(SOURCES)
	$(call install,.venv,tensorflow,dev)
	@touch .venv/.tensorflow
.venv-jax/.dev: $(SOURCES)
	$(call install,.venv-jax,jax,dev)
.venv-torch/.dev: $(SOURCES)
	$(call install,.venv-torch,torch,dev)

define install
@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit("Reverie needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12")'
@echo "Installing into $(1): about a minute."
@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[$(2)$(if $(3),$(comma)$(3))]'
@touch $@
endef
comma = ,
