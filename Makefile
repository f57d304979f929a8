# Two commands matter to a newcomer: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PORT ?= 8000
SERVE ?= 1
# Test files are shared out to so many processes: auto = as many as there are cores.
WORKERS ?= auto
SHARED_OUT = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: demo try test check prove bench pictures installed clean

# --without-pip is not used: pip of the new environment installs the pinned versions.
$(VENV)/.run: setup.cfg constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: $(VENV)/.run
	$(BIN)/guopei demo --out demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,)

# A small sample that stops while open, with a door for every role.
try: $(VENV)/.run
	$(BIN)/guopei demo --try --trainees 360 --classes 12 --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,)

# Once with SQLite, then all that touches the store with a PostgreSQL of the tests' own.
test: $(VENV)/.test
	$(BIN)/python -m pytest $(SHARED_OUT)
	GUOPEI_TEST_STORE=postgresql $(BIN)/python -m pytest $(SHARED_OUT) tests/survey_app

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py tests/test_docs.py

# All, or those that PROOFS names: make prove PROOFS='tests/test_crash.py -k sqlite'
prove: $(VENV)/.test
	$(BIN)/python -m pytest --prove $(PROOFS)
	$(if $(PROOFS),,GUOPEI_TEST_STORE=postgresql $(BIN)/python -m pytest --prove tests/survey_app)

# The guides' pictures, taken by the browser journeys.
pictures: $(VENV)/.test
	GUOPEI_SHOTS=shots $(BIN)/python -m pytest -m browser
	mkdir -p docs/guide/pictures
	for name in $$(grep -oh 'pictures/[a-z0-9-]*\.png' docs/guide/*.md | sort -u); do \
		cp shots/top/$${name#pictures/} docs/guide/$$name || exit 1; done

bench: $(VENV)/.test
	$(BIN)/python -m bench

installed:
	PYTHON=$(PYTHON) .ci/installed

clean:
	rm -rf $(VENV) demo build *.egg-info
