# `make run` starts Tutti, `make test` tests it; `make` alone explains the rest.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.release=$(VERSION) -X main.commit=$(COMMIT)
TUTTI   := bin/tutti

.DEFAULT_GOAL := help

## run: build Tutti and start everything in one process, on http://localhost:8889 (ARGS="--listen :80" adds settings)
.PHONY: run
run: build
	@$(TUTTI) $(ARGS)

## build: build the one binary, bin/tutti
.PHONY: build
build:
	@mkdir -p bin
	@go build -trimpath -ldflags '$(LDFLAGS)' -o $(TUTTI) ./cmd/tutti

## test: set up what the tests need and run all of them with the race detector (ARGS="-run Name ./pkg/rpc" narrows them)
.PHONY: test
test: mariadb
	go test -race $(or $(ARGS),./...)

## check: everything that must hold before a change is merged: format, vet, lint, generated code, tests
.PHONY: check
check: format vet lint generated test

## format: fail if a Go file is not formatted
.PHONY: format
format:
	@bad=$$(git ls-files '*.go' | grep -v '^kitex_gen/' | xargs gofmt -l); \
	if [ -n "$$bad" ]; then echo "not formatted (gofmt -w mends it):"; echo "$$bad"; exit 1; fi

## vet: go vet
.PHONY: vet
vet:
	go vet ./...

## lint: golangci-lint, in the version that tools/go.mod names
.PHONY: lint
lint:
	go tool -modfile=tools/go.mod golangci-lint run ./...

## gen: make kitex_gen from idl
.PHONY: gen
gen:
	@for f in idl/*.thrift; do \
		out=$$(go tool kitex -module github.com/tutti-music/tutti $$f 2>&1) || { echo "$$out"; exit 1; }; \
	done

## generated: fail if kitex_gen is not what make gen makes
.PHONY: generated
generated: gen
	@changed=$$(git status --porcelain -- kitex_gen); \
	if [ -n "$$changed" ]; then echo "make gen changes these; commit them:"; echo "$$changed"; exit 1; fi

## bench: measure the gateway, the services and what they stand on, and print tables
.PHONY: bench
bench:
	go run ./bench

## mariadb: install MariaDB from the system's packages, for the tests, unless it is there or TEST_MYSQL names a server
.PHONY: mariadb
mariadb:
	@pkg/db/dbtest/install.sh

## clean: remove what was built
.PHONY: clean
clean:
	rm -rf bin

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z]*\): /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
