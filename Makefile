# Herald. `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/node_modules/.bin:$(PATH):/usr/sbin:/sbin

.PHONY: help install demo test check types lint format-check knip test-unit test-integration test-lab test-containerlab test-compose bench bench-learner format clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## install what is missing: Debian packages, GoBGP, npm packages
	@deploy/install.sh

PREFIX ?= /usr/local
.PHONY: link
link: ## puts herald on the PATH: /usr/local/bin/herald (with sudo), or make link PREFIX=~/.local
	@mkdir -p $(PREFIX)/bin && ln -sf $(CURDIR)/deploy/bin/herald $(PREFIX)/bin/herald
	@echo 'herald is $(PREFIX)/bin/herald'

demo: install ## five POPs on real BGP; ONCE=1 exits when every step was proved
	@ONCE=$(ONCE) deploy/with-namespaces.sh node src/lab/demo.ts

test: install ## everything: types, lint, format, knip, then all tests
	@deploy/with-namespaces.sh deploy/test.sh

check: types lint format-check knip ## the gate without tests

types:
	@tsc --noEmit
lint:
	@oxlint --type-aware --quiet
format-check:
	@oxfmt --check .
knip:
	@knip --no-progress --no-config-hints

format: ## format everything
	@oxfmt .

test-unit: install ## the pure core: unit, property, scenario
	@vitest run --project unit --project property --project scenario

test-integration: install ## real Redis, GoBGP and BIRD
	@deploy/with-namespaces.sh vitest run --project integration

test-lab: install ## rehearsals of test/lab under traffic, in network namespaces; HERALD_TELL=1 tells every line
	@deploy/with-namespaces.sh vitest run --project lab

test-containerlab: install ## the topologies under containerlab: images, deploy, scenarios, destroy; fails where it is missing
	@deploy/test-containerlab.sh

test-compose: install ## docker-compose.yml: images, up, scenarios, down; fails where there is no engine
	@deploy/test-compose.sh

bench: install ## benchmarks beside their baselines; writes test/bench/results.json
	@deploy/with-namespaces.sh node test/bench/run.ts

bench-learner: ## the path learner beside its baselines; writes test/bench/learner-results.json
	@nice -n 10 node test/bench/learner.ts $(if $(TRACES),--traces $(TRACES))

clean: ## remove what was installed here; Debian packages stay
	rm -rf node_modules .cache
