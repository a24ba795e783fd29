#!/usr/bin/env bash
# Lets two p2p-chats talk for a while as everything around them breaks, and prints what came of it.
# Usage: scripts/soak.sh SECONDS [SEED]     exit 1: a text was lost, came twice, or something stayed behind
set -euo pipefail
cd "$(dirname "$0")/.."
[[ ${1:-} =~ ^[0-9]+$ && ${2:-0} =~ ^[0-9]+$ && $# -le 2 ]] || {
  sed -n '3s/^# //p' "$0" >&2
  exit 2
}
export P2P_CHAT_SOAK_SECONDS=$1
if (($# == 2)); then export P2P_CHAT_SOAK_SEED=$2; fi
export PATH=$PATH:/usr/sbin:/sbin

# Binaries first: cargo builds a package's binary for its own tests only.
cargo build --release --workspace --locked --quiet
cargo test --release --locked --quiet -p p2p-chat --test chaos -- \
  --exact every_accepted_text_comes_once_and_in_order_whatever_breaks --nocapture || exit 1
