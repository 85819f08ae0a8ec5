#!/usr/bin/env bash
# Installs the C libraries that the build needs, where they are missing: CBLAS of OpenBLAS, LAPACKE, and OpenSSL's libcrypto.
set -euo pipefail

have() { echo '#include <cblas.h>
#include <lapacke.h>
#include <openssl/evp.h>
int main(void) { openblas_get_config(); EVP_sha256(); return LAPACKE_get_nancheck(); }' |
  "${CC:-clang}" -x c - -o /dev/null -lopenblas -llapacke -lcrypto 2>/dev/null; }

have && exit 0
packages="libopenblas-dev liblapacke-dev libssl-dev"
if ! command -v apt-get >/dev/null; then
  echo "Please install OpenBLAS, LAPACKE and OpenSSL with their headers (on Debian and Ubuntu: $packages), then run this again." >&2
  exit 2
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Please run as root: apt-get install $packages" >&2
    exit 2
  fi
  sudo=sudo
fi
echo "Installing $packages"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends $packages pkg-config >/dev/null
have || { echo "OpenBLAS, LAPACKE or OpenSSL still cannot be linked; see the messages above." >&2; exit 2; }
