#!/usr/bin/env bash
# Measures how soon a port is open: nat-helper beside upnpc and natpmpc, against the same router daemon, in
# network namespaces. Usage: scripts/bench-nat.sh NAT-HELPER [ROUNDS]     (9 rounds take about a minute)
# scripts/bench.sh ends with these figures.
#
# Whole programs are timed, from their start to their end, taking turns; each opens a port of its own and leaves
# it open, since upnpc and natpmpc do nothing else: for a few seconds, so that the router's list, which it
# walks at each change, stays as short as at home. nat-helper also opens the port for IPv6.
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

helper=$1 rounds=$2 port=20000 lease=4
declare -A times

# timed NAME COMMAND…: notes how long it took, in microseconds; it must succeed
timed() {
  local name=$1 begun=${EPOCHREALTIME/./} said; shift
  said=$("$NATLAB_LAB" exec lan "$@" 2>&1) || die "$name failed: $said"
  times[$name]+="$((${EPOCHREALTIME/./} - begun)) "
}

# median NAME: in milliseconds, to a tenth
median() { tr ' ' '\n' <<<"${times[$1]}" | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'; }

# round KIND THEIRS: each once, in turns
round() {
  port=$((port + 4))
  timed "nat-helper ($1)" "$helper" map "$port" --once -q --lease "${lease}s"
  if [[ $2 == upnpc ]]; then
    timed "upnpc ($1)" upnpc -a 192.168.77.2 "$((port + 1))" "$((port + 1))" TCP "$lease"
  else
    timed "natpmpc ($1)" natpmpc -g 192.168.77.1 -a "$((port + 1))" "$((port + 1))" tcp "$lease"
  fi
}

"$NATLAB_LAB" up
for ((i = 0; i < rounds; i++)); do round PCP natpmpc; done
# The router ignores PCP: its packets begin with a 2.
"$NATLAB_LAB" up --no-upnp
"$NATLAB_LAB" exec router nft insert rule inet filter input meta l4proto udp th dport 5351 @th,64,8 2 drop
for ((i = 0; i < rounds; i++)); do round NAT-PMP natpmpc; done
"$NATLAB_LAB" up --no-natpmp
for ((i = 0; i < rounds; i++)); do round UPnP upnpc; done

# row GOAL KIND THEIRS
row() {
  local ours theirs; ours=$(median "nat-helper ($2)") theirs=$(median "$3 ($2)")
  printf '%-20s %7.1f ms (goal: %d)   %-8s %7.1f ms   ratio %s\n' "nat-helper ($2)" "$ours" "$1" "$3" "$theirs" \
    "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
}
echo "Time until a port of the router is open, median of $rounds"
row 150 PCP natpmpc
row 150 NAT-PMP natpmpc
row 400 UPnP upnpc
