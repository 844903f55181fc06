# Herald. `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/node_modules/.bin:/usr/sbin:/sbin:$(PATH)

.PHONY: help install demo test check types lint format-check knip test-unit test-integration bench format clean

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

install: ## install what is missing (Debian packages, GoBGP, npm packages)
	@deploy/install.sh

demo: install ## five POPs on real BGP; ONCE=1 exits when every step was proved
	@ONCE=$(ONCE) node src/lab/demo.ts

test: install ## everything: lint, types, format, knip, unit, property, scenario, integration
	@deploy/test.sh

check: types lint format-check knip ## the gate without tests

types:
	@tsc --noEmit
lint:
	@oxlint --type-aware --quiet
format-check:
	@oxfmt --check . >/dev/null || { echo 'not formatted: run make format' >&2; exit 1; }
knip:
	@knip --no-progress

format: ## format everything
	@oxfmt . >/dev/null

test-unit: install ## the pure core: unit, property, scenario
	@vitest run --project unit --project property --project scenario

test-integration: install ## real Redis, GoBGP, BIRD
	@vitest run --project integration

bench: install ## benchmarks beside their baselines; writes test/bench/results.json
	@node test/bench/run.ts

clean: ## remove what was installed or built here
	rm -rf node_modules .cache
