# make demo                   the three questions on speech rendered here, and a report
# make demo CORPORA=FOLDER    the same on the real corpora found in FOLDER
# make test                   checks and tests
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test check clean

demo: $(READY)
	$(BIN)/python examples/demo.py $(if $(CORPORA),--corpora "$(CORPORA)")

test: check
	$(BIN)/pytest --cov=ehsaas --cov-fail-under=90

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf runs/demo build dist *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'ehsaas needs Python 3.11 or newer; say which with: make PYTHON=python3.12' >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || \
		{ echo 'No environment could be made in .venv. On Debian and Ubuntu: apt install python3-venv' >&2; exit 2; }
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[train,encoders,demo,robustness,dev]'
	touch $@
