#!/usr/bin/env bash
# Fuzzes the parsers of the secure channel. Usage: scripts/fuzz.sh SECONDS [TARGET ...]
#
# Runs each target (all of tests/fuzz/targets, or those named) on its seeds and on what earlier runs found
# (target/fuzz/corpus), then for so many seconds on bytes nobody thought of; 0 seconds: what is known only.
# An input that fails is kept in target/fuzz/failures and named.
#
# libFuzzer is built from the sources in the crate libfuzzer-sys by a C++ compiler. Without one the targets
# are skipped, loudly and counted; where P2P_CHAT_REQUIRE_ALL is set, that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: scripts/fuzz.sh SECONDS [TARGET ...]" >&2; exit 64; }
shift
targets=("$@")
if ((${#targets[@]} == 0)); then
  for file in tests/fuzz/targets/*.rs; do
    name=${file##*/}
    targets+=("${name%.rs}")
  done
fi

if ! command -v "${CXX:-c++}" >/dev/null; then
  for name in "${targets[@]}"; do
    echo "SKIPPED fuzz target $name: there is no C++ compiler. Install it with: sudo apt-get install g++"
  done
  echo "fuzz.sh: ${#targets[@]} of ${#targets[@]} targets were SKIPPED"
  if [[ -n ${P2P_CHAT_REQUIRE_ALL:-} ]]; then exit 1; fi
  exit 0
fi

# Coverage as libFuzzer reads it, on a stable compiler. With an explicit target the flags do not reach build scripts.
coverage=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
)
host=$(rustc -vV | sed -n 's/^host: //p')
root=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
RUSTFLAGS="${coverage[*]}" CARGO_TARGET_DIR=$root cargo build --release --locked --quiet \
  --manifest-path tests/fuzz/Cargo.toml --target "$host"

mkdir -p "$root/failures"
failed=()
for name in "${targets[@]}"; do
  corpus=$root/corpus/$name
  mkdir -p "$corpus"
  options=(-rss_limit_mb=1024 -timeout=60 -artifact_prefix="$root/failures/$name-" -print_final_stats=1)
  # The longest record is 87 436 bytes; nothing else is longer than a few kilobytes.
  case $name in
    record_frames | inner_records) options+=(-max_len=100000) ;;
    *) options+=(-max_len=4096) ;;
  esac
  if ((seconds)); then options+=(-max_total_time="$seconds"); else options+=(-runs=0); fi
  log=$root/$name.log
  if "$root/$host/release/$name" "${options[@]}" "$corpus" "tests/fuzz/seeds/$name" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(grep -o 'cov: [0-9]*' "$log" | tail -1 || true)
    echo "fuzz.sh: $name: ${runs:-0} inputs, ${covered:-cov: ?}, no failure"
  else
    failed+=("$name")
    tail -40 "$log" >&2
    echo "fuzz.sh: $name FAILED. The whole story: $log; the input: $root/failures/$name-…" >&2
  fi
done

if ((${#failed[@]})); then
  echo "fuzz.sh: ${#failed[@]} of ${#targets[@]} targets failed: ${failed[*]}" >&2
  exit 1
fi
echo "fuzz.sh: ${#targets[@]} targets, $seconds s each, no failure"
