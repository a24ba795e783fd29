#!/usr/bin/env bash
# nat-lab.sh - a home NAT router in network namespaces, with the real miniupnpd
# (UPnP IGDv2 or v1, NAT-PMP, PCP) as its port-mapping daemon.
#
# Install (Debian 12, as root; no service is started, no debconf question):
#   DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
#     iproute2 nftables miniupnpd-nftables miniupnpc natpmpc ncat conntrack procps
#
#   nat-lab.sh up [OPTION...]  build (or rebuild from nothing) and start the daemon
#   nat-lab.sh down            stop the daemon, end what runs in the lab, delete it
#   nat-lab.sh exec NS CMD...  run CMD in NS: lan lan2 router wan (router2 blan brouter cgn)
#   nat-lab.sh daemon ACTION [R]  ACTION on the daemon of router R (default: router):
#                                start | stop (SIGTERM) | kill (SIGKILL, nothing cleaned)
#                                restart | reboot (SIGKILL, all mappings and flows lost, start)
#   nat-lab.sh wan-ip ADDR     give `router` another address in the WAN net
#   nat-lab.sh rules [R]       miniupnpd's live nftables rules on router R
#   nat-lab.sh selftest        UPnP and NAT-PMP: map, bytes pass, unmap, bytes blocked
#   nat-lab.sh rootless CMD... run CMD as root of fresh user+net+mount+pid namespaces, where
#                              nat-lab.sh ($NATLAB_LAB, state in /run/natlab) works without
#                              real root; all of it ends with CMD
#
# Options of `up` (also kept for a later `daemon start`):
#   --igd1           describe the router as IGDv1 (most routers in homes) instead of v2
#   --insecure       secure_mode=no: a host may map to another host's address
#   --no-upnp | --no-natpmp | --no-daemon
#   --conf LINE      one more miniupnpd.conf line (repeatable)
#   --cgnat          put the router behind a carrier NAT (its WAN address is 100.64.0.2), IPv6 whole
#   --double-nat     put it behind another router of the home (its WAN address is 192.168.0.10)
#   --two-igd        a second router `router2` (.254) on the same LAN
#   --two-homes      a second home, `blan` behind `brouter`, on the same "Internet"
#
#                       +------------------ router ------------------+
#   lan  .2  lan0 ------| lan0 (bridge) 192.168.77.1   wan0 WAN.1     |---+
#   lan2 .3  lan0 ------| forward: drop, masquerade, miniupnpd chains |   | wan0 (bridge)
#                       +---------------------------------------------+   +--- wan WAN.9
#   blan .2  lan0 ------  brouter 192.168.78.1         wan0 WAN.2     ----+
#
# Environment:
#   NATLAB_PREFIX    namespace prefix, one per lab run in parallel (default natlab-)
#   NATLAB_STATE     where configs, logs and pid files go (default ${TMPDIR:-/tmp}/natlab)
#   NATLAB_WAN_NET   first three bytes of the WAN /24 (default 128.66.0)
#   NATLAB_EXT_IP    address miniupnpd declares (ext_ip=) when NATLAB_WAN_NET is reserved
#   NATLAB_MINIUPNPD the daemon to run (default: the miniupnpd in PATH)
#
# Why 128.66.0.0/24: miniupnpd 2.3.1 refuses to work when its WAN address is private or
# reserved (documentation nets such as 203.0.113.0/24 included). 128.66.0.0/16 is the old
# example net RFC 5737 mentions: it passes for public, and here exists only inside the lab.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

P=${NATLAB_PREFIX:-natlab-}
STATE=${NATLAB_STATE:-${TMPDIR:-/tmp}/natlab}/${P%-}
WAN=${NATLAB_WAN_NET:-128.66.0}
EXT_IP=${NATLAB_EXT_IP:-}
DAEMON=${NATLAB_MINIUPNPD:-miniupnpd}
ALL_NS=(lan lan2 blan router router2 brouter cgn wan)
SELF=$(readlink -f "$0")

die() { echo "nat-lab.sh: $*" >&2; exit 1; }
ns()  { local n=$1; shift; ip netns exec "$P$n" "$@"; }
has() { [[ -e /run/netns/$P$1 ]]; }

usage() { sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "$SELF"; exit "${1:-0}"; }

need() {
  local c missing=()
  for c in ip nft "$DAEMON" flock sysctl; do command -v "$c" >/dev/null || missing+=("$c"); done
  ((${#missing[@]} == 0)) || die "missing: ${missing[*]} (install line: nat-lab.sh --help)"
  [[ $EUID == 0 ]] || die "needs root (or: nat-lab.sh rootless CMD...)"
}

lock() { mkdir -p "$STATE"; exec 9>"$STATE/lock"; flock -w 60 9 || die "another nat-lab.sh holds $STATE/lock"; }

# --- building blocks
new_ns() {
  ip netns add "$P$1"
  ip -n "$P$1" link set lo up
  ns "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
}

# cable NS_A IF_A NS_B IF_B: a veth pair, made in place (nothing appears outside the lab)
cable() {
  ip link add "$2" netns "$P$1" type veth peer name "$4" netns "$P$3"
  ip -n "$P$1" link set "$2" up
  ip -n "$P$3" link set "$4" up
}

bridge() { ip -n "$P$1" link add "$2" type bridge forward_delay 0; ip -n "$P$1" link set "$2" up; }
plug()   { ip -n "$P$1" link set "$3" master "$2"; }   # plug NS BRIDGE PORT
addr()   { local n=$1 d=$2 a; shift 2; for a; do
             if [[ $a == *:* ]]; then ip -n "$P$n" addr add "$a" dev "$d" nodad
             else ip -n "$P$n" addr add "$a" dev "$d"; fi; done; }

routes() { ip -n "$P$1" route replace default via "$2"; ip -n "$P$1" -6 route replace default via "$3"; }
forwarding() { ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; }

# host NS ROUTER NET4 NET6 N [GATEWAY_N]: a LAN host .N on ROUTER's bridge
host() {
  local n=$1 r=$2 net4=$3 net6=$4 i=$5 gw=${6:-1}
  new_ns "$n"
  cable "$n" lan0 "$r" "p-$n"; plug "$r" lan0 "p-$n"
  addr "$n" lan0 "$net4.$i/24" "$net6::$i/64"
  routes "$n" "$net4.$gw" "$net6::$gw"
  ip -n "$P$n" route add 239.0.0.0/8 dev lan0
}

# firewall NS: what a home router has, plus the chains miniupnpd fills in
firewall() {
  ns "$1" nft -f - <<'NFT'
table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    ct state established,related accept
    meta l4proto { icmp, ipv6-icmp } accept
    iifname "wan0" drop
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan0" accept
    meta l4proto ipv6-icmp accept
    jump miniupnpd
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    jump postrouting_miniupnpd
    meta nfproto ipv4 oifname "wan0" masquerade
  }
  chain miniupnpd { }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}
NFT
}

# config NS NET4 EXT_IP: writes miniupnpd.conf of that router
config() {
  local r=$1 net4=$2 ext=$3 serial
  serial=$(printf '%s' "$r" | cksum | cut -d' ' -f1)
  {
    printf '%s\n' ext_ifname=wan0 ext_ifname6=wan0 http_port=5000
    [[ -z $ext ]] || echo "ext_ip=$ext"
    echo "listening_ip=lan0"          # by name: an address here would switch IPv6 off
    echo "enable_upnp=$O_UPNP"
    echo "enable_natpmp=$O_NATPMP"    # PCP comes with it
    echo "secure_mode=$O_SECURE"
    echo "force_igd_desc_v1=$O_IGD1"
    echo "min_lifetime=2"             # PCP only; 120 is the usual value
    echo "system_uptime=no"           # daemon uptime: epoch starts again with the daemon
    printf '%s\n' max_lifetime=86400 notify_interval=30 "lease_file=$STATE/$r.leases"
    printf 'uuid=6e61746c-6162-4000-8000-%012d\n' "$((serial % 1000000000))"
    echo "serial=$serial"
    printf '%s\n' "${O_CONF[@]}"
    echo "allow 1024-65535 $net4.0/24 1024-65535"
    echo "deny 0-65535 0.0.0.0/0 0-65535"
  } >"$STATE/$r.conf"
}

# --- the daemon
daemon_pid() {   # prints the pid of router $1's daemon if it is alive and is ours
  local f=$STATE/$1.pid pid; [[ -r $f ]] || return 1; pid=$(<"$f")
  [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$STATE/$1.conf" || return 1
  echo "$pid"
}

daemon_start() {
  local r=$1 pid i
  has "$r" || die "no router '$r' in this lab"
  ! daemon_pid "$r" >/dev/null || return 0
  # -d: foreground. The lock (fd 9) must not be inherited. setsid: outlives this shell.
  setsid ip netns exec "$P$r" "$DAEMON" -d -f "$STATE/$r.conf" -P "$STATE/$r.own.pid" \
    >>"$STATE/$r.log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid" >"$STATE/$r.pid"
  for ((i = 0; i < 100; i++)); do
    kill -0 "$pid" 2>/dev/null || { tail -n 5 "$STATE/$r.log" >&2; die "miniupnpd on $r did not start"; }
    # the ports it opens last: SSDP 1900/udp (UPnP) and 5351/udp (NAT-PMP and PCP)
    if daemon_listens "$r"; then return 0; fi
    sleep 0.05
  done
  die "miniupnpd on $r opened no port in 5 s ($STATE/$r.log)"
}

daemon_listens() {
  local out
  out=$(ns "$1" ss -Hlnu)
  if grep -q '^enable_natpmp=yes' "$STATE/$1.conf"; then grep -q ':5351 ' <<<"$out" || return 1; fi
  if grep -q '^enable_upnp=yes'   "$STATE/$1.conf"; then grep -q ':1900 ' <<<"$out" || return 1; fi
}

daemon_end() {   # daemon_end ROUTER SIGNAL
  local pid i
  if pid=$(daemon_pid "$1"); then
    kill "-$2" "$pid" 2>/dev/null || true
    # daemon_pid, not kill -0: a zombie counts as gone
    for ((i = 0; i < 100; i++)); do daemon_pid "$1" >/dev/null || break; sleep 0.02; done
    ! daemon_pid "$1" >/dev/null || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$STATE/$1.pid" "$STATE/$1.own.pid"
}

daemon_reboot() {   # a router that lost its power: no byebye, mappings and flows gone
  daemon_end "$1" KILL
  rm -f "$STATE/$1.leases"
  ns "$1" nft delete table inet filter
  ! command -v conntrack >/dev/null || ns "$1" conntrack -F >/dev/null 2>&1 || true
  firewall "$1"
  daemon_start "$1"
}

# --- commands
parse_up() {
  O_UPNP=yes O_NATPMP=yes O_SECURE=yes O_IGD1=no O_DAEMON=yes O_OUTER= O_TWO_IGD=no O_HOMES=no
  O_CONF=()
  while (($#)); do
    case $1 in
      --igd1) O_IGD1=yes ;;          --insecure) O_SECURE=no ;;
      --no-upnp) O_UPNP=no ;;        --no-natpmp) O_NATPMP=no ;;
      --no-daemon) O_DAEMON=no ;;    --cgnat) O_OUTER=100.64.0.2 ;;
      --double-nat) O_OUTER=192.168.0.10 ;;
      --two-igd) O_TWO_IGD=yes ;;    --two-homes) O_HOMES=yes ;;
      --conf) [[ $# -ge 2 ]] || die "--conf needs a line"; O_CONF+=("$2"); shift ;;
      *) die "unknown option: $1" ;;
    esac
    shift
  done
}

# uplink ROUTER N: join ROUTER to the WAN bridge with address WAN.N
uplink() {
  local r=$1 i=$2
  cable "$r" wan0 wan "p-$r"; plug wan wan0 "p-$r"
  addr "$r" wan0 "$WAN.$i/24" "3ffe:9::$i/64"
  routes "$r" "$WAN.9" 3ffe:9::9
}

router() { new_ns "$1"; forwarding "$1"; bridge "$1" lan0; }

cmd_up() {
  need; parse_up "$@"; lock; tear_down

  new_ns wan; forwarding wan; bridge wan wan0
  addr wan wan0 "$WAN.9/24" 3ffe:9::9/64

  router router
  addr router lan0 192.168.77.1/24 3ffe:77::1/64
  if [[ -n $O_OUTER ]]; then       # one more router in between, which nobody can ask
    local middle=${O_OUTER%.*}
    new_ns cgn; forwarding cgn
    cable cgn wan0 wan p-cgn; plug wan wan0 p-cgn; addr cgn wan0 "$WAN.1/24" 3ffe:9::1/64
    cable router wan0 cgn lan0
    addr cgn lan0 "$middle.1/24" 3ffe:64::1/64; addr router wan0 "$O_OUTER/24" 3ffe:64::2/64
    routes cgn "$WAN.9" 3ffe:9::9; routes router "$middle.1" 3ffe:64::1
    firewall cgn; ns cgn nft add rule inet filter forward meta nfproto ipv6 accept
    ip -n "${P}cgn" -6 route add 3ffe:77::/64 via 3ffe:64::2
    ip -n "${P}wan" -6 route add 3ffe:77::/64 via 3ffe:9::1
  else
    uplink router 1
    ip -n "${P}wan" -6 route add 3ffe:77::/64 via 3ffe:9::1
    if [[ -n $EXT_IP ]]; then      # the declared address also exists, and is reachable
      addr router wan0 "$EXT_IP/32"; ip -n "${P}wan" route add "$EXT_IP/32" via "$WAN.1"
    fi
  fi
  firewall router
  config router 192.168.77 "$([[ -n $O_OUTER ]] || echo "$EXT_IP")"
  host lan  router 192.168.77 3ffe:77 2
  host lan2 router 192.168.77 3ffe:77 3
  local routers=(router)

  if [[ $O_TWO_IGD == yes ]]; then
    router router2; cable router2 p-lan router p-router2; plug router2 lan0 p-lan; plug router lan0 p-router2
    addr router2 lan0 192.168.77.254/24 3ffe:77::254/64
    uplink router2 3
    firewall router2; config router2 192.168.77 ""
    routers+=(router2)
  fi
  if [[ $O_HOMES == yes ]]; then
    router brouter; addr brouter lan0 192.168.78.1/24 3ffe:78::1/64
    uplink brouter 2
    ip -n "${P}wan" -6 route add 3ffe:78::/64 via 3ffe:9::2
    firewall brouter; config brouter 192.168.78 ""
    host blan brouter 192.168.78 3ffe:78 2
    routers+=(brouter)
  fi

  local r
  for r in "${routers[@]}"; do
    : >"$STATE/$r.log"
    [[ $O_DAEMON == no ]] || daemon_start "$r"
  done
}

tear_down() {
  local n p pids
  for n in "${ALL_NS[@]}"; do
    daemon_end "$n" TERM
    has "$n" || continue
    pids=$(ip netns pids "$P$n" 2>/dev/null || true)    # ours: they run inside our namespace
    for p in $pids; do [[ $p == "$$" ]] || kill -KILL "$p" 2>/dev/null || true; done
    ip netns del "$P$n"
  done
  rm -f "$STATE"/*.conf "$STATE"/*.leases
}

cmd_down() { need; lock; tear_down; }
cmd_exec() {
  [[ $# -ge 2 ]] || die "exec NS CMD..."
  has "$1" || die "no namespace '$1' (is the lab up?)"
  local n=$1; shift
  exec ip netns exec "$P$n" "$@"
}

cmd_daemon() {
  need; lock; local act=${1:-} r=${2:-router}
  has "$r" || die "no router '$r' in this lab"
  case $act in
    start) daemon_start "$r" ;;
    stop) daemon_end "$r" TERM ;;          kill) daemon_end "$r" KILL ;;
    restart) daemon_end "$r" TERM; daemon_start "$r" ;;
    reboot) daemon_reboot "$r" ;;
    *) die "daemon start|stop|kill|restart|reboot [ROUTER]" ;;
  esac
}

cmd_wan_ip() {
  need; has router || die "the lab is not up"
  [[ ${1:-} == "$WAN".* ]] || die "wan-ip $WAN.N"
  ip -n "${P}router" addr flush dev wan0 scope global
  addr router wan0 "$1/24" 3ffe:9::1/64
  routes router "$WAN.9" 3ffe:9::9
}

cmd_rules() {
  local r=${1:-router} c
  for c in prerouting_miniupnpd miniupnpd postrouting_miniupnpd; do
    ns "$r" nft list chain inet filter "$c"
  done
}

# passes PORT: do bytes sent from `wan` to the public PORT reach a listener in `lan`?
passes() {
  local got=$STATE/selftest.got pid i ok=1 ip=${EXT_IP:-$WAN.1}
  : >"$got"
  ns lan ncat -4 -l 192.168.77.2 "$1" --recv-only >"$got" 2>/dev/null 9>&- &
  pid=$!
  for ((i = 0; i < 40; i++)); do [[ -z $(ns lan ss -Hltn "sport = :$1") ]] || break; sleep 0.05; done
  if printf 'hello %s' "$1" | ns wan timeout 3 ncat -w 2 --send-only "$ip" "$1" 2>/dev/null; then
    for ((i = 0; i < 20; i++)); do [[ $(<"$got") != "hello $1" ]] || { ok=0; break; }; sleep 0.05; done
  fi
  kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true
  return $ok
}

check() { local what=$1; shift; if "$@"; then echo "ok    $what"; else echo "FAIL  $what"; FAILED=1; fi; }
blocked() { ! passes "$1"; }
# says TEXT CMD...: does CMD print TEXT?
says() { local text=$1; shift; [[ $("$@" 2>&1) == *"$text"* ]]; }

cmd_selftest() {
  need; FAILED=0
  for c in upnpc natpmpc ncat; do command -v $c >/dev/null || die "selftest needs $c"; done
  local upnpc=(ns lan upnpc -u "http://192.168.77.1:5000/rootDesc.xml")
  check "nothing mapped: blocked" blocked 18080
  check "upnpc finds the router by SSDP" says ExternalIPAddress ns lan upnpc -s
  check "upnpc adds TCP 18080" says 'is redirected' \
    "${upnpc[@]}" -e selftest -a 192.168.77.2 18080 18080 TCP 60
  check "bytes pass from wan to lan" passes 18080
  check "upnpc deletes it" says 'returned : 0' "${upnpc[@]}" -d 18080 TCP
  check "blocked again" blocked 18080
  check "natpmpc adds TCP 18081" says 'Mapped public port 18081' \
    ns lan natpmpc -g 192.168.77.1 -a 18081 18081 tcp 60
  check "bytes pass from wan to lan" passes 18081
  check "natpmpc deletes it" says 'to local port 18081 liftime 0' \
    ns lan natpmpc -g 192.168.77.1 -a 0 18081 tcp 0
  check "blocked again" blocked 18081
  return $FAILED
}

cmd_rootless() {
  [[ $# -ge 1 ]] || die "rootless CMD..."
  # A private /run holds namespaces and state; --kill-child: all inside ends with this process.
  # shellcheck disable=SC2016
  NATLAB_STATE=/run/natlab NATLAB_LAB=$SELF \
  exec unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc \
    bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up && exec "$@"' rootless "$@"
}

case ${1:-} in
  up | down | exec | daemon | wan-ip | rules | selftest | rootless)
    command=cmd_${1//-/_}; shift; "$command" "$@" ;;
  -h | --help | help) usage ;;
  *) usage 2 >&2 ;;
esac
