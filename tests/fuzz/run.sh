#!/bin/sh
# Fuzzes every target for so many seconds (SECONDS_EACH, ten minutes), and keeps what covers more.
#
# Needs a nightly toolchain and `cargo install cargo-fuzz`. A crash is left in
# tests/fuzz/artifacts/; put it into tests/fuzz/corpus/ with the fix. `cargo test` goes through
# the corpora without any of that.
set -eu
cd "$(dirname "$0")/../.."
for library in "$PWD"/.onnxruntime/lib/libonnxruntime.so*; do
    ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$library}
done
export ORT_DYLIB_PATH
fuzz() {
    command=$1
    shift
    cargo +nightly fuzz "$command" --fuzz-dir tests/fuzz --target-dir target/fuzz "$@"
}
for target in ${TARGETS:-contract metadata weights settings plots}; do
    # GDAL and ONNX Runtime keep what they have once asked for.
    fuzz run "$target" -- -detect_leaks=0 -timeout=10 -max_len=4096 \
        -max_total_time="${SECONDS_EACH:-600}"
    fuzz cmin "$target" -- -detect_leaks=0
done
