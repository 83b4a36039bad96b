# Every target sets up what it needs in .venv; python3 (3.10 or newer) and make are all that has to be there.

PYTHON := python3
BIN := .venv/bin
READY := .venv/ready

COUNT := 1000
SEED := 0
OUT := out/corpus
LEVELS := adjoint,cpp,cuda,ptx
KERNELS := 200
WORKERS := 2
LOCK :=
QUICK := tests/test_house.py tests/test_face.py tests/grammar/test_chooser.py tests/grammar/test_spell.py \
	tests/grammar/test_names.py tests/synthesizer/test_check.py
PROOFS = $(patsubst tests/proofs/%.py,%,$(shell grep -l '^if __name__ ==' tests/proofs/*.py))

.DEFAULT_GOAL := help
.PHONY: help .venv lock corpus check test lint bench proofs sample profile clean

help: ## list the targets
	@sed -n 's/^\([.a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.venv: $(READY) ## create the environment, or bring it up to date with pyproject.toml (LOCK=requirements.lock)

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet $(if $(LOCK),--constraint $(LOCK)) --editable '.[dev]'
	@touch $@

lock: $(READY) ## write requirements.lock: the versions in the environment, which should be new and pass the tests
	@{ grep '^#' requirements.lock; $(BIN)/python -m pip freeze --exclude-editable; } > $(READY).lock
	@mv $(READY).lock requirements.lock

corpus: $(READY) ## make a corpus and print its statistics (COUNT=1000 SEED=0 OUT=out/corpus)
	$(BIN)/warpsmith generate --count $(COUNT) --seed $(SEED) --levels $(LEVELS) --out "$(OUT)"
	$(BIN)/warpsmith stats "$(OUT)"

check: lint ## check a change in less than a minute: lint, and the quick tests
	$(BIN)/python -m pytest -n $(WORKERS) $(QUICK)

test: $(READY) ## pass the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --hypothesis-profile=ci

lint: $(READY) ## check format, style and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy --strict

bench: $(READY) ## measure every stage beside the time that Warp takes (KERNELS=200)
	$(BIN)/warpsmith bench --kernels $(KERNELS)

proofs: $(READY) ## measure the figures that STATE.md gives; takes hours
	@for proof in $(PROOFS); do echo "== $$proof"; $(BIN)/python -m tests.proofs.$$proof || failed="$$failed $$proof"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

sample: $(READY) ## make again what is committed of programs: corpus/samples and README's example
	rm -rf corpus/samples
	$(BIN)/warpsmith generate --count 128 --levels $(LEVELS) --max-tokens none --out corpus/samples
	rm corpus/samples/log.jsonl
	$(BIN)/python -m warpsmith.corpus.sample corpus/samples
	$(BIN)/python -m tests.test_readme

profile: $(READY) ## fit again the profile that is shipped, to all kernels of Warp's wheel
	$(BIN)/warpsmith learn wheel --figures --out synthesizer/profiling/people.json.gz

clean: ## remove the environment and everything made
	rm -rf .venv out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
