# The commands of daily work. What they do in detail stands in scripts/.
#
## make demo        set up, build, scan a bundled scene and raw photos; a bundled county from villages to field pack and report
## make setup       bring what building and running need (GDAL, ONNX Runtime, ...); safe to repeat
## make build       build target/release/tianmu
## make bench-samples  set up, build, and measure the bundled models on rendered flights
## make test        set up, with the Python libraries some tests compare against, and run all tests
## make train-demo  the whole training kit on a tiny budget, to see that it works here
## make check       what CI runs: format, lints, documentation, benchmarks compile, tests
## make corpus      run on real data you have: TIANMU_CORPUS=folder make corpus
## make soak        an hour of scans that are killed and go on (MINUTES=60)
## make fuzz        ten minutes of made-up bytes for each reader (nightly Rust and cargo-fuzz)
## make limit       how near a scan comes to decoding and inference alone (half an hour)
## make clean       remove what was built and the demo's results; downloads are kept

.PHONY: help setup build demo bench-samples test train-demo check corpus soak fuzz limit clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Where rustup puts cargo, for shells that do not have it on PATH yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

setup:
	@scripts/setup.sh

build: setup
	cargo build --release --locked

demo: build
	@mkdir -p demo
	target/release/tianmu inspect samples/hill-county/scene.tif models/poppy-seg
	target/release/tianmu scan samples/hill-county/scene.tif --model models/poppy-seg \
	    --truth samples/hill-county/truth.geojson \
	    -o demo/sites.gpkg -o demo/sites.geojson --overwrite
	target/release/tianmu scan samples/hill-county/scene.tif --model models/poppy-tile \
	    --truth samples/hill-county/truth.geojson -o demo/tiles.gpkg --overwrite
	target/release/tianmu flight samples/photos -o demo/flight.html --overwrite --lang en || test $$? -eq 3
	target/release/tianmu scan 'samples/photos/DJI_000*.JPG' samples/photos/DJI_0014.JPG \
	    --model models/poppy-seg --merge-distance 2 -o demo/photos.gpkg --overwrite
	scripts/county.sh demo/county

# The flights cover 0.0108 km2, where one false site is 93 per km2: at most 100 means at most one
# of each crop. Under a lower limit none is allowed, and the single most doubtful place decides.
bench-samples: build
	@mkdir -p demo
	target/release/tianmu bench samples/flights/dataset.toml \
	    --model models/poppy-seg --model models/poppy-tile --model models/poppy-tile-int8 \
	    -o demo/bench --overwrite --max-false-per-km2 100

test:
	@scripts/setup.sh --python-tests || { scripts/setup.sh && \
	    echo "make test: no Python test libraries, so tests that need them are skipped"; }
	cargo test --locked

train-demo:
	@scripts/setup.sh --python-tests --training
	models/training/check.sh

# Tests stand last, so that a run closes with their summary.
check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
	cargo test --locked --benches --no-run
	cargo test --locked

corpus:
	@test -n "$$TIANMU_CORPUS" || \
	    { echo "make corpus: say where the data is: TIANMU_CORPUS=folder make corpus" >&2; exit 2; }
	@scripts/setup.sh --python-tests
	cargo build --release --locked
	tests/corpus/run.sh "$$TIANMU_CORPUS"

soak: build
	python3 tests/soak/soak.py target/release/tianmu --minutes $(or $(MINUTES),60)

fuzz:
	@scripts/setup.sh
	tests/fuzz/run.sh

limit:
	@scripts/setup.sh --python-tests
	benches/limit.sh

clean:
	cargo clean
	rm -rf demo
