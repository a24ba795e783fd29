#!/usr/bin/env bash
# Builds p2p-chat and starts it; arguments are passed on. Installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() {
  echo "run.sh: $1 is missing. Install it with: $2" >&2
  exit 1
}
command -v cargo >/dev/null || missing "cargo" "https://rustup.rs (any Rust from 1.95)"
command -v cc >/dev/null || missing "a C linker (cc)" "sudo apt-get install gcc"

# All four programs: p2p-chat finds the other three beside itself.
cargo build --release --locked --quiet
exec "${CARGO_TARGET_DIR:-target}/release/p2p-chat" "$@"
