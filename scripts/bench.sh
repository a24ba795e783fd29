#!/usr/bin/env bash
# Measures p2p-chat beside bare relays (the limit of its architecture) and `ncat --ssl`, and nat-helper beside
# upnpc and natpmpc, and prints the goals with what came out.
# Usage: scripts/bench.sh [ROUNDS]     (9 rounds take about three minutes)
#
# A figure decides nothing: the exit code is 0 unless something could not be measured.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-9}

# name of a command, the Debian package that holds it
need() {
  command -v "$1" >/dev/null || { echo "bench.sh: $1 is missing. Install it with: sudo apt-get install $2" >&2; exit 1; }
}
export PATH=$PATH:/usr/sbin:/sbin
need ncat ncat
need ip iproute2
need unshare util-linux
need nft nftables
need miniupnpd miniupnpd-nftables
need upnpc miniupnpc
need natpmpc natpmpc
unshare --user --map-root-user --net true || {
  echo "bench.sh: this computer permits no network namespace; the router that does not answer lives in one." >&2
  exit 1
}

target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --release --locked --quiet
CARGO_TARGET_DIR=$target/bench cargo build --release --locked --quiet --manifest-path tests/bench/Cargo.toml

"$target/bench/release/channel" 21

# A network of its own: loopback, and a LAN whose router takes every packet and never answers.
# shellcheck disable=SC2016
unshare --user --map-root-user --net sh -euc '
  ip link set lo up
  ip link add lan0 type veth peer name void0
  ip addr add 192.168.77.2/24 dev lan0
  ip link set lan0 up
  ip link set void0 up
  ip neigh add 192.168.77.1 lladdr 02:00:00:00:00:01 dev lan0
  ip route add default via 192.168.77.1
  exec "$@"' bench "$target/bench/release/bench" "$rounds" "$target/release"

scripts/bench-nat.sh "$target/release/nat-helper" "$rounds"
