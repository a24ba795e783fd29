#!/usr/bin/env bash
# Runs all tests. Usage: scripts/test.sh [--install] [ARGUMENTS OF cargo test]
#
# The system tests run a real router daemon in network namespaces. The Debian packages they need are
# installed by apt where this may be done: by root, and with --install by sudo too. Then what Python
# needs is installed by pip into target/venv, and no test may be skipped.
# Elsewhere, and where that fails, the tests that miss something are skipped, loudly, and counted. With
# --install and where CI=true a failed installation ends it, and where CI=true no test may be skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(iproute2 nftables miniupnpd-nftables miniupnpc ncat conntrack procps python3 python3-venv g++ tmux)

asked=${CI:-false}
if [[ ${1:-} == --install ]]; then asked=true; shift; fi

as_root=() install=false
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  if [[ $EUID == 0 ]]; then
    install=true
  elif [[ $asked == true ]] && command -v sudo >/dev/null; then
    install=true as_root=(sudo)
  fi
fi
[[ $install == true || $asked == false ]] || echo "test.sh: cannot install anything here: that needs apt-get, and root or sudo" >&2
[[ ${CI:-false} != true ]] || export P2P_CHAT_REQUIRE_ALL=1

install_packages() {
  local absent=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || absent+=("$package")
  done
  ((${#absent[@]})) || return 0
  echo "test.sh: installing ${absent[*]}"
  "${as_root[@]}" apt-get update -qq || return
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null
}

# pip leaves alone what is there in the version asked for. A folder whose python is gone is made anew.
install_python() {
  target/venv/bin/python -c 'import pip' 2>/dev/null || python3 -m venv --clear target/venv || return
  target/venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/python/requirements.txt
}

if [[ $install == true ]]; then
  failed=()
  install_packages || failed+=(apt)
  install_python || failed+=(pip)
  if ((${#failed[@]} == 0)); then
    export P2P_CHAT_REQUIRE_ALL=1
  else
    echo "test.sh: WARNING: could not install what the tests need (${failed[*]}, see above)" >&2
    [[ $asked == false ]] || exit 1
    echo "test.sh: WARNING: the tests that miss something are SKIPPED" >&2
  fi
fi

# Programs of /usr/sbin are in no ordinary user's PATH.
export PATH=$PATH:/usr/sbin:/sbin

# Most tests wait for processes and clocks more than they compute.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc)))}

mkdir -p target
log=target/test.log
status=0
# Binaries first: cargo builds a package's binary for its own tests only.
cargo build --workspace --locked
# Each parser that a stranger feeds: what was found before, then 5 s of new inputs. In what processor
# time the tests leave over, and in a process group of its own, so that it ends with this script.
set -m
nice -n 19 scripts/fuzz.sh 5 >target/fuzz.log 2>&1 &
fuzz=$!
set +m
trap 'kill -- "-$fuzz" 2>/dev/null || true' EXIT
cargo test --workspace --locked --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?
wait "$fuzz" || status=$?
tee -a "$log" <target/fuzz.log

count() { awk -v word="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) } END { print sum + 0 }' "$log"; }
# A test's word about it may follow the beginning of another's line.
skipped=$(grep -cE '(^|\.\.\. )SKIPPED ' "$log" || true)
echo
if ((skipped)); then
  echo "$skipped tests were SKIPPED: this computer lacks what they need. scripts/test.sh --install installs it."
fi
echo "$(($(count passed) - skipped)) passed, $(count failed) failed, $skipped skipped"
exit "$status"
