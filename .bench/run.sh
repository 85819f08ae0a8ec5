#!/usr/bin/env bash
# Measures everything: .bench/run.sh MIXOLOGY LATEST.jsonl [ROWS.jsonl]
# Each line is a process of its own, so that the memory of one is not that of another.
set -euo pipefail
mixology=$1 latest=$2 rows=${3:-}
cores=$(nproc)
data=()
[ -z "$rows" ] || data=(--data "$rows")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() {
  echo "mixology bench $*" >&2
  "$mixology" bench "$@" >>"$work/latest"
}

measure gemm --workers "$cores"
for targets in query,value all-linear; do
  measure train --targets "$targets" --workers "$cores" --threads 1 "${data[@]}"
  [ "$cores" = 1 ] || measure train --targets "$targets" --workers 1 --threads "$cores" "${data[@]}"
done
measure evaluate --workers "$cores" --threads 1 "${data[@]}"
[ "$cores" = 1 ] || measure evaluate --workers 1 --threads "$cores" "${data[@]}"
# A decoder that learns answers and is asked for them: make model MODEL=smollm2-135m-instruct.
decoder="${XDG_CACHE_HOME:-$HOME/.cache}/mixology/models/smollm2-135m-instruct"
if [ -n "$rows" ] && [ -d "$decoder" ]; then
  asked=(--base "$decoder" "${data[@]}" --prompt '{text}\nSentiment:' --rows 192 --repeats 3)
  precisions=(float32)
  ! "$mixology" doctor --json | grep -q '"onednn" :' || precisions+=(bfloat16)
  for precision in "${precisions[@]}"; do
    for targets in q_proj,v_proj all-linear; do
      measure train "${asked[@]}" --batch 16 --targets "$targets" --precision "$precision"
    done
    measure evaluate "${asked[@]}" --precision "$precision"
  done
else
  echo "no SmolLM2 or no rows: a decoder is not measured" >&2
fi
# Both precisions in turn, where products in bf16 can be had: a ratio is made inside a turn.
if "$mixology" doctor --json | grep -q '"onednn" :'; then
  for targets in query,value all-linear; do
    measure precision --targets "$targets" --workers "$cores" --threads 1 "${data[@]}"
  done
  measure precision --shape 12x768/12/3072 --rows 256 --repeats 3 --workers "$cores"
  measure precision --tokens 226 --max-length 256 --rows 96 --repeats 3 --workers "$cores"
else
  echo "no oneDNN: bf16 is not measured" >&2
fi
measure lengths --repeats 3 "${data[@]}"
measure frozen-layers --repeats 3 "${data[@]}"
measure merge --repeats 1
# Only here, where no time is measured: a library in front of the C library counts what is allocated.
if "${CC:-clang}" -O2 -shared -fPIC -o "$work/allocations.so" "$(dirname "$0")/allocations.c" 2>/dev/null; then
  export LD_PRELOAD="$work/allocations.so" MIXOLOGY_ALLOCATIONS="$work/allocations"
else
  echo "no C compiler: step-memory counts no allocations" >&2
fi
measure step-memory --rows 1280 "${data[@]}"
unset LD_PRELOAD MIXOLOGY_ALLOCATIONS
mv "$work/latest" "$latest"
