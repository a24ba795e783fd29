#!/usr/bin/env bash
# Measures how soon a port is open: nat-helper beside upnpc and natpmpc, against the same router daemon, in
# network namespaces. Usage: scripts/bench-nat.sh NAT-HELPER [ROUNDS]     (9 rounds take about a minute)
#
# Whole programs are timed, from their start to their end, taking turns; each opens a port of its own and leaves
# it open for a minute, since upnpc and natpmpc do nothing else. nat-helper also opens the port for IPv6.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

die() { echo "bench-nat.sh: $*" >&2; exit 1; }

if [[ -z ${NATLAB_LAB:-} ]]; then
  [[ $# -ge 1 ]] || die "say where nat-helper is, for example target/release/nat-helper"
  helper=$(readlink -f "$1")
  for program in ip nft miniupnpd upnpc natpmpc; do
    command -v "$program" >/dev/null || die "$program is missing. Install: sudo apt-get install iproute2 nftables miniupnpd-nftables miniupnpc natpmpc"
  done
  exec "$(dirname "$0")/nat-lab.sh" rootless "$(readlink -f "$0")" "$helper" "${2:-9}"
fi

helper=$1 rounds=$2 port=20000
declare -A times

# timed NAME COMMAND…: notes how long it took, in microseconds; it must succeed
timed() {
  local name=$1 begun=${EPOCHREALTIME/./} said; shift
  said=$("$NATLAB_LAB" exec lan "$@" 2>&1) || die "$name failed: $said"
  times[$name]+="$((${EPOCHREALTIME/./} - begun)) "
}

median() { tr ' ' '\n' <<<"${times[$1]}" | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { printf "%.0f", v[int((NR + 1) / 2)] / 1000 }'; }

# round KIND: each once, in turns
round() {
  port=$((port + 4))
  timed "nat-helper ($1)" "$helper" map "$port" --once -q --lease 60s
  if [[ $1 == UPnP ]]; then
    timed upnpc upnpc -a 192.168.77.2 "$((port + 1))" "$((port + 1))" TCP 60
  else
    timed natpmpc natpmpc -g 192.168.77.1 -a "$((port + 1))" "$((port + 1))" tcp 60
  fi
}

"$NATLAB_LAB" up
for ((i = 0; i < rounds; i++)); do round PCP; done
"$NATLAB_LAB" up --no-natpmp
for ((i = 0; i < rounds; i++)); do round UPnP; done

# row GOAL OURS THEIRS
row() {
  local ours theirs; ours=$(median "$2") theirs=$(median "$3")
  printf '%-20s %5d ms (goal: %d)   %-8s %5d ms   ratio %s\n' "$2" "$ours" "$1" "$3" "$theirs" \
    "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
}
echo "Time until a port of the router is open, median of $rounds"
row 150 "nat-helper (PCP)" natpmpc
row 400 "nat-helper (UPnP)" upnpc
