# make demo                   a first emotion, the three questions on speech rendered here, a report
# make demo CORPORA=FOLDER    the same on the real corpora found in FOLDER
# make test                   checks and tests
# make web                    what the page needs to judge in the browser, by npm
# make wheel                  a wheel in dist/, the browser runtime and the voice detector in it
# make e2e [MODEL=FILE.onnx]  the page in a real browser (Debian: apt install npm chromium)
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
RUNTIME := ehsaas/serving/web/vendor
VOICE := ehsaas/serving/vendor

.PHONY: demo test check web wheel e2e clean

demo: $(READY)
	$(BIN)/python examples/demo.py $(if $(CORPORA),--corpora "$(CORPORA)")

test: check
	$(BIN)/pytest --cov=ehsaas --cov-fail-under=90

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

web: $(RUNTIME)/.ready

wheel: web $(VOICE)/silero_vad.onnx
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

e2e: web e2e/node_modules/ready
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || \
		{ echo 'make e2e needs Chromium: apt install chromium, or say where: CHROMIUM=PATH' >&2; exit 2; }
	cd e2e && PYTHON="$(abspath $(BIN)/python)" MODEL="$(if $(MODEL),$(abspath $(MODEL)))" npm test --silent

clean:
	rm -rf $(RUNTIME) $(VOICE) browser/node_modules e2e/node_modules e2e/screenshots
	rm -rf runs/demo build dist *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

$(RUNTIME)/.ready: browser/package-lock.json $(READY)
	@command -v npm >/dev/null || \
		{ echo 'make web needs npm, which is not here: apt install npm (Node 20 or newer)' >&2; exit 2; }
	cd browser && npm ci --silent
	rm -rf $(RUNTIME) && mkdir -p $(RUNTIME)
	cp $(addprefix browser/node_modules/onnxruntime-web/dist/,ort.wasm.min.mjs \
		ort-wasm-simd-threaded.mjs ort-wasm-simd-threaded.wasm) $(RUNTIME)
	folder=$$($(BIN)/python -c 'import onnxruntime; print(onnxruntime.__path__[0])') && \
		cp "$$folder/LICENSE" "$$folder/ThirdPartyNotices.txt" $(RUNTIME)
	touch $@

e2e/node_modules/ready: e2e/package-lock.json
	cd e2e && npm ci --silent
	touch $@

$(VOICE)/silero_vad.onnx: $(READY)
	rm -rf build/silero && mkdir -p build/silero $(VOICE)
	$(BIN)/python -m pip download --quiet --no-deps -c constraints.txt --dest build/silero silero-vad
	cd build/silero && $(abspath $(BIN)/python) -m zipfile -e *.whl .
	cp build/silero/*.dist-info/licenses/LICENSE $(VOICE)/LICENSE
	cp build/silero/silero_vad/data/silero_vad_16k_sequence.onnx $@
	touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'ehsaas needs Python 3.11 or newer; say which with: make PYTHON=python3.12' >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || \
		{ echo 'No environment could be made in .venv. On Debian and Ubuntu: apt install python3-venv' >&2; exit 2; }
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[train,encoders,demo,robustness,serve,live,dev]'
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps silero-vad
	touch $@
