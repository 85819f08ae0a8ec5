#!/usr/bin/env bash
# Installs the C libraries that the build needs, where they are missing: CBLAS of OpenBLAS, LAPACKE, and OpenSSL's libcrypto;
# and with them oneDNN, which only products in bf16 need, where the system has a package of it.
set -euo pipefail

have() { echo '#include <cblas.h>
#include <lapacke.h>
#include <openssl/evp.h>
int main(void) { openblas_get_config(); EVP_sha256(); return LAPACKE_get_nancheck(); }' |
  "${CC:-clang}" -x c - -o /dev/null -lopenblas -llapacke -lcrypto 2>/dev/null; }

# The program looks for it when it runs; nothing is linked to it.
have_onednn() { ldconfig -p 2>/dev/null | grep -qE 'libdnnl\.so\.[23]'; }

have && have_onednn && exit 0
packages="libopenblas-dev liblapacke-dev libssl-dev"
if have; then
  # A machine without it, or without the right to install, trains in float32 and builds all the same.
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || exit 0
  export DEBIAN_FRONTEND=noninteractive
  for package in libdnnl3 libdnnl2; do
    apt-cache show "$package" >/dev/null 2>&1 || continue
    echo "Installing $package, for training.precision: bfloat16"
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 && exit 0
  done
  exit 0
fi
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
for package in libdnnl3 libdnnl2; do
  # Only products in bf16 need it: without it all else runs.
  $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 && break
done
have || { echo "OpenBLAS, LAPACKE or OpenSSL still cannot be linked; see the messages above." >&2; exit 2; }
