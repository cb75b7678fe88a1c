#!/bin/sh
# Builds the API server of the local EKS, once per state of this module, and prints the binary's path as the last line
# of standard output. Progress goes to standard error: about 5 minutes and 2 GB of cache the first time, then an instant.
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
cd "$module"
key=$(find . -type f | LC_ALL=C sort | xargs cat | hash | cut -c1-16)
binary=$cache/apiserver-$key
if [ -x "$binary" ]; then
    echo "$binary"
    exit 0
fi

say "building the API server with $(./go env GOVERSION), about 5 minutes on two cores the first time"
mkdir -p "$cache"
# To a name of its own, then renamed: an interrupted build, or two at once, never leave half a binary behind.
trap 'rm -f "$binary.$$"' EXIT
./go build -trimpath -ldflags='-s -w' -o "$binary.$$" . >&2
mv "$binary.$$" "$binary"
# Binaries of earlier states are of no more use.
find "$cache" -name 'apiserver-*' ! -name "apiserver-$key*" -type f -exec rm -f {} +
say "built $(basename "$binary")"
echo "$binary"
