# Mixology: what people and CI call. `make help` lists the targets.

EXPERIMENT ?= Experiments/quickstart.yaml
# The folder of datasets, where a manifest's data_root is not yours: make sweep EXPERIMENT=… DATA=/my/data
DATA ?=
# More arguments for mixology, for instance ARGS="-S adapter.rank=4,8 --workers 1".
ARGS ?=

# A binary for this CPU: element-wise loops vectorise to its full width.
FLAGS := -c release -Xcc -march=native -Xcc -mprefer-vector-width=512
MIXOLOGY := .build/release/mixology
RUN := $(if $(DATA),MIXOLOGY_DATA=$(DATA) )$(MIXOLOGY)

.PHONY: help install build sweep plan report status test lint format model bench clean

help:
	@echo "make sweep     builds and runs $(EXPERIMENT)   (EXPERIMENT=file.yaml DATA=folder ARGS=…)"
	@echo "make plan      what that would do and cost"
	@echo "make report    writes its tables again"
	@echo "make model     fetches all-MiniLM-L6-v2 into the cache"
	@echo "make test      builds and passes all tests"
	@echo "make bench     measures the GEMM peak, and with DATA=… training against it"
	@echo "make lint      checks format and documentation; make format mends the format"
	@echo "make clean     removes the build; results stay"

install:
	@.make/install.sh

build: $(MIXOLOGY)

# Built again only where a source is newer, so that a sweep that is done takes no longer than looking it up.
$(MIXOLOGY): Package.swift $(shell find Sources -type f)
	@.make/install.sh
	@swift build $(FLAGS) --product mixology
	@touch $@

sweep: build
	@$(RUN) run $(EXPERIMENT) $(ARGS)

plan: build
	@$(RUN) plan $(EXPERIMENT) $(ARGS)

report: build
	@$(RUN) report $(EXPERIMENT) $(ARGS)

status: build
	@$(RUN) status $(EXPERIMENT) $(ARGS)

test: install
	swift build $(FLAGS) --build-tests
	swift test $(FLAGS) --skip-build $(if $(FILTER),--filter $(FILTER))

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

format:
	swift format --in-place --recursive Sources Tests Package.swift

model:
	@.make/model.sh

bench: build
	@$(MIXOLOGY) bench gemm
	@test -z "$(DATA)" || $(MIXOLOGY) bench train --data $(DATA)/fpb/train.jsonl $(ARGS)

# Golden numbers from PyTorch, transformers, PEFT, scikit-learn and SciPy, with a Python that has them.
PYTHON ?= python3
golden:
	$(PYTHON) Tests/Golden/models/generate_bert.py Tests/Golden/models/bert
	@echo "The other generators: $$(ls Tests/Golden/*/generate_*.py | tr '\n' ' ')"

clean:
	rm -rf .build
