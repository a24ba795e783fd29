#!/usr/bin/env bash
# What every change must keep: format, lints, documentation, licences, and who may depend on what.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
# The benchmark's own programs are a workspace of their own, and so are the fuzz targets.
cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
if command -v "${CXX:-c++}" >/dev/null; then
  cargo clippy --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz --all-targets --locked --quiet -- -D warnings
else
  echo "SKIPPED lints of tests/fuzz: there is no C++ compiler" >&2
fi
cargo fmt --manifest-path tests/bench/Cargo.toml --check
cargo clippy --manifest-path tests/bench/Cargo.toml --target-dir target/bench --all-targets --locked --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --quiet

mkdir -p target
cargo metadata --format-version 1 --locked >target/metadata.json
python3 - target/metadata.json <<'PY'
"""A manifest is a process's list of privileges; this proves it on the resolved tree."""
import json, pathlib, re, sys

metadata = json.load(open(sys.argv[1]))
packages = {p["id"]: p for p in metadata["packages"]}
members = {packages[i]["name"]: packages[i] for i in metadata["workspace_members"]}
nodes = {n["id"]: n for n in metadata["resolve"]["nodes"]}
faults = []

def reaches(name):
    """Every crate that ends up in the program or library: normal dependencies, not those of tests or build scripts."""
    seen, todo = set(), [members[name]["id"]]
    while todo:
        for dep in nodes[todo.pop()]["deps"]:
            if dep["pkg"] not in seen and any(k["kind"] is None for k in dep["dep_kinds"]):
                seen.add(dep["pkg"])
                todo.append(dep["pkg"])
    return {packages[i]["name"] for i in seen}

reach = {name: reaches(name) for name in members}
bins = {name for name, p in members.items() if "/bins/" in p["manifest_path"]}

# crate -> the programs that may hold it
may_hold = {
    "fernet": {"p2p-chat-transport"}, "x-wing": {"p2p-chat-transport"}, "curve25519-dalek": {"p2p-chat-transport"},
    "p2p-chat-secure-channel": {"p2p-chat-transport"},
    "igd-next": {"p2p-chat-nat-helper"}, "crab_nat": {"p2p-chat-nat-helper"},
    "which": {"p2p-chat"}, "rustyline": {"p2p-chat-ui"},
}
for name in bins:
    for crate, allowed in may_hold.items():
        if crate in reach[name] and name not in allowed:
            faults.append(f"{name} reaches {crate}, which belongs to {', '.join(sorted(allowed))} alone")
# Who may name it in its own manifest: transport, for the old program. secure-channel makes its own tokens.
for name, package in members.items():
    direct = {d["name"] for d in package["dependencies"] if d["kind"] is None}
    if "fernet" in direct and name != "p2p-chat-transport":
        faults.append(f"{name} depends on fernet, which is for transport alone")
for name, deps in reach.items():
    for other in bins & deps:
        faults.append(f"{name} depends on the program {other}")
for name in ("p2p-chat-protocol", "p2p-chat-chat", "p2p-chat-secure-channel"):
    for runtime in {"tokio", "mio", "socket2"} & reach.get(name, set()):
        faults.append(f"{name} is pure and must not reach {runtime}")

LICENCES = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause",
            "ISC", "MPL-2.0", "Unicode-3.0", "Unicode-DFS-2016", "Zlib", "0BSD", "Unlicense", "CC0-1.0"}
# Boost's licence asks nothing of programs; rustyline reaches it on Windows only.
EXCEPTIONS = {"clipboard-win", "error-code"}
def permitted(expression):
    expression = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|AND|OR|[^\s()]+(?: WITH \S+)?", expression)
    python = " ".join(t if t in "()" else t.lower() if t in ("AND", "OR") else str(t in LICENCES) for t in tokens)
    return eval(python)

BANNED = {"openssl-sys", "native-tls"}  # C libraries where Rust ones serve
for package in metadata["packages"]:
    name, licence = package["name"], package["license"]
    if name not in EXCEPTIONS and not (licence and permitted(licence)):
        faults.append(f"{name} {package['version']}: licence {licence}")
    if name in BANNED:
        faults.append(f"{name} is banned")
    if package["source"] not in (None, "registry+https://github.com/rust-lang/crates.io-index"):
        faults.append(f"{name} comes from {package['source']}")

for name, package in members.items():
    if "[lints]\nworkspace = true" not in pathlib.Path(package["manifest_path"]).read_text():
        faults.append(f"{name} does not take the workspace's lints")
sources = [f for top in ("bins", "shared", "tests") for f in pathlib.Path(top).rglob("*.rs")]
for file in sources + [f for f in pathlib.Path("scripts").iterdir() if f.is_file()]:
    lines = len(file.read_text().splitlines())
    if lines > 400:
        faults.append(f"{file} has {lines} lines; 400 is the most a reader keeps in mind")

print("\n".join(faults) or "check.sh: all is as it should be")
sys.exit(bool(faults))
PY
