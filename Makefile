# People and CI use the same commands. ARGS is handed on: make demo ARGS=--once
.DEFAULT_GOAL := help
PY := .venv/bin/python
.PHONY: help demo test check fix serve phone pictures lock bench-http bench-sync bench-routes bench-days bench-coverage bench-replan bench-maps bench-matrix bench-mileage bench-territories setup sim

help: ## Show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## Install what is missing
	@scripts/setup test

demo: ## Run the main job on real data, then serve map and API
	@scripts/setup demo
	@.venv/bin/tuyen demo $(ARGS)

test: ## Everything, from nothing: lint, types, contracts, all tests
	@scripts/setup test
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

check: ## Lint, types, import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

fix: ## Format and mend what can be mended
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

serve: ## Start the service on your data
	@scripts/setup demo
	@.venv/bin/tuyen up $(ARGS)

sim: ## Simulate devices, writers, faults and crashes: ARGS="--seeds 1000 --minutes 10"
	@scripts/setup test
	@$(PY) -m tests.simulator $(ARGS)

phone: ## Open the phone client, signed in to the running demo
	@scripts/setup demo
	@$(PY) -m mobile_client --server http://127.0.0.1:8000 --email an@helsinki.example --password tuyen-demo-2026 $(ARGS)

bench-http: ## CPU of list, nearest and pull against raw psycopg2
	@scripts/setup test
	@$(PY) -m tests.benchmarks.http $(ARGS)

bench-sync: ## Sync under load against peers and floors of the machine: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.sync $(ARGS)

bench-routes: ## Routes on published instances beside PyVRP, VROOM and OR-Tools: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.routes $(ARGS)

bench-days: ## Days on Malta's streets: CPU, gap to the best found, the whole call: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.days $(ARGS)

bench-coverage: ## A rep's month on real roads: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.coverage $(ARGS)

bench-maps: ## Tiles of a million prospects, each zoom, scope and filter: ARGS=--quick
	@scripts/setup peers
	@$(PY) -m tests.benchmarks.maps $(ARGS)

bench-matrix: ## Travel matrices against the engine's own call: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.matrix $(ARGS)

bench-replan: ## The rest of a day on the phone's code path, floor of 200 ms: ARGS=--quick
	@scripts/setup test
	@$(PY) -m tests.benchmarks.replan $(ARGS)

bench-mileage: ## Mileage of matched traces against the ways that made them
	@scripts/setup test
	@$(PY) -m tests.benchmarks.mileage $(ARGS)

bench-territories: ## Territories of cities beside GerryChain and spopt, with proven gaps: ARGS=--quick
	@scripts/setup peers
	@$(PY) -m tests.benchmarks.territories $(ARGS)

pictures: ## Make the README's pictures from the running demo
	@scripts/setup test
	@$(PY) -m docs.images.make_pictures $(ARGS)

lock: ## Resolve the dependencies anew
	@uv pip compile --python-version 3.13 --extra phone --group dev --generate-hashes --no-emit-index-url --no-annotate --no-header -q --upgrade pyproject.toml -o requirements.lock
	@uv pip compile --python-version 3.13 --group peers -c requirements.lock --generate-hashes --no-emit-index-url --no-annotate --no-header -q --upgrade -o requirements-peers.lock
