# Mixology: what people and CI call. `make help` lists the targets.

EXPERIMENT ?= Experiments/quickstart.yaml
# The folder of datasets, where a manifest's data_root is not yours: make sweep EXPERIMENT=… DATA=/my/data
DATA ?=
# The model that make model fetches: one that .make/model.sh knows.
MODEL ?= all-MiniLM-L6-v2
# More arguments for mixology, for instance ARGS="-S name=ranks -S adapter.rank=4,8 --workers 1".
ARGS ?=
# Where make install puts the program: PREFIX/bin.
PREFIX ?= /usr/local

# A binary for this CPU: element-wise loops vectorise to its full width.
FLAGS := -c release -Xcc -march=native -Xcc -mprefer-vector-width=512
MIXOLOGY := .build/release/mixology
RUN := $(if $(DATA),MIXOLOGY_DATA=$(DATA) )$(MIXOLOGY)

.PHONY: help dependencies install build sweep plan report status test calibrate check-tables test-threads test-leases net lint format model bench bench-baseline bench-peers bench-merge golden clean

help:
	@echo "make sweep     builds and runs $(EXPERIMENT)   (EXPERIMENT=file.yaml DATA=folder ARGS=…)"
	@echo "make plan      what that would do and cost"
	@echo "make report    writes its tables again"
	@echo "make model     fetches $(MODEL) into the cache   (MODEL=all-mpnet-base-v2, smollm2-135m-instruct)"
	@echo "make test      builds and passes all tests"
	@echo "make calibrate simulates what verdicts and intervals are worth   (DRAWS=families of each law; half an hour)"
	@echo "make check-tables   computes the tables again with another program   (PYTHON=python3 with numpy, pandas and scipy)"
	@echo "make test-threads   passes them under Thread Sanitizer, in a build of its own   (FILTER=name)"
	@echo "make net       runs quickstart and finance with another build beside this one and compares every table   (OLD=binary DATA=folder)"
	@echo "make test-leases    two hosts that share a folder, killed, stopped and started again, their clocks wrong   (ARGS=\"--patience 180\")"
	@echo "make bench     measures training, evaluation, memory and merging against the GEMM peak, and what changed"
	@echo "make bench-baseline   makes the ratios of the last make bench the new baseline"
	@echo "make bench-peers      puts PyTorch + PEFT beside it   (PYTHON_ENV=environment DATA=folder)"
	@echo "make bench-merge      puts PEFT and mergekit beside the merges   (PYTHON_ENV=environment; some 20 GB in the temporary folder; PEERS_ARGS='--only 1b-ties')"
	@echo "make install   puts the program into $(PREFIX)/bin   (PREFIX=folder)"
	@echo "make lint      checks format and documentation; make format mends the format"
	@echo "make clean     removes the build; results stay"

# The C libraries that the build needs.
dependencies:
	@.make/install.sh

# The program finds Swift's libraries where the toolchain lies that built it.
install: build
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install -m 755 $(MIXOLOGY) $(DESTDIR)$(PREFIX)/bin/mixology
	@echo "$(DESTDIR)$(PREFIX)/bin/mixology"

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

test: dependencies
	swift build $(FLAGS) --build-tests
	swift test $(FLAGS) --skip-build $(if $(FILTER),--filter '$(FILTER)')

# Not in CI: every law of Calibration.md with many families each. A short version is in the tests.
DRAWS ?= 10000
calibrate: build
	@$(MIXOLOGY) run Tests/Calibration/same-recipe.yaml --quiet
	swift build $(FLAGS) --build-tests
	MIXOLOGY_CALIBRATE=$(DRAWS) swift test $(FLAGS) --skip-build --filter CalibrationTests
	@cat Sources/Reporting/Documentation.docc/Calibration.md

# The tables of the sample and of the experiments whose predictions are kept, computed again by pandas and SciPy.
check-tables:
	@$(PYTHON) Tests/Golden/statistics/check_tables.py

net: build
	@Tests/Net/net.py $(OLD) $(MIXOLOGY) $(if $(DATA),--data $(DATA)) $(ARGS)

# Not in CI: a second build of everything, and several times as slow. See Basics' Decisions.md.
SANITIZED := --scratch-path .build-tsan --sanitize=thread -Xswiftc -DTHREAD_SANITIZER $(FLAGS)
test-threads: dependencies
	swift build $(SANITIZED) --build-tests
	@rm -f .build-tsan/report.*
	@TSAN_OPTIONS="log_path=$(CURDIR)/.build-tsan/report" \
	  swift test $(SANITIZED) --skip-build $(if $(FILTER),--filter '$(FILTER)'); status=$$?; \
	  if cat .build-tsan/report.* 2>/dev/null; then exit 1; else exit $$status; fi

# Not in CI either: it needs the right to make namespaces, and minutes.
test-leases: build
	@Tests/Leases/two_hosts.py $(MIXOLOGY) $(ARGS)

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

format:
	swift format --in-place --recursive Sources Tests Package.swift

# Those that come as a GGUF file are made into folders by the program, which is built first.
model: $(if $(filter smollm2%,$(MODEL)),build)
	@MIXOLOGY=$(MIXOLOGY) .make/model.sh $(MODEL)

# Real rows (Financial PhraseBank) where DATA has them, generated ones of the same lengths otherwise.
ROWS := $(if $(DATA),$(DATA)/fpb/train.jsonl)
bench bench-peers bench-merge: export MIXOLOGY_COMMIT = $(or $(shell git rev-parse --short HEAD 2>/dev/null)$(if $(shell git status --porcelain 2>/dev/null),-dirty),unknown)

bench: build
	@.bench/run.sh $(MIXOLOGY) .bench/latest.jsonl $(ROWS)
	@$(MIXOLOGY) bench compare .bench/baseline.jsonl .bench/latest.jsonl

bench-baseline: build
	@$(MIXOLOGY) bench baseline .bench/latest.jsonl > .bench/baseline.partial
	@mv .bench/baseline.partial .bench/baseline.jsonl

bench-peers: build
	@.bench/peers.sh peers $(MIXOLOGY) $(ROWS)

bench-merge: build
	@.bench/peers.sh merge_peers $(MIXOLOGY)

# Golden numbers from PyTorch, transformers, PEFT, scikit-learn and SciPy, with a Python that has them.
PYTHON ?= python3
golden:
	for folder in Tests/Golden/models/*/; do \
	  $(PYTHON) Tests/Golden/models/generate_encoder.py $$(basename $$folder) $${folder%/} && \
	  $(PYTHON) Tests/Golden/models/generate_rounded.py $${folder%/} || exit; done
	@echo "The other generators: $$(ls Tests/Golden/*/generate_*.py | tr '\n' ' ')"

clean:
	rm -rf .build
