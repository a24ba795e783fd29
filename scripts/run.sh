#!/usr/bin/env bash
# Builds p2p-chat and starts it; arguments are passed on. Installs nothing.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

missing() {
  echo "run.sh: $1 is missing. Install it with: $2" >&2
  exit 1
}
command -v cargo >/dev/null || missing "cargo (Rust 1.95 or newer)" "curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh"
command -v cc >/dev/null || missing "a C linker (cc)" "sudo apt-get install gcc"

# All four programs: p2p-chat finds the other three beside itself.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
cargo build --manifest-path "$root/Cargo.toml" --release --locked --quiet
exec "$CARGO_TARGET_DIR/release/p2p-chat" "$@"
