#!/usr/bin/env bash
# Print the interpreter to use: the newest promised one on the path that was built with optimisation.
# With an argument, that one or nothing. What was chosen, or why nothing was, goes to standard error.
set -euo pipefail
probe="$(dirname "$0")/../../services/creditbus/runtime/interpreter.py"

if (($#)); then
  names=("$1")
else
  names=(python3.14 python3.13 python3.12 python3.11 python3)
fi

declare -A seen=()
best='' best_rank='' best_described='' refused=''
while IFS= read -r path; do
  # One that a version manager names and does not have answers nothing.
  answer=$("$path" -I "$probe" 2>/dev/null) || continue
  real=$("$path" -I -c 'import os, sys; print(os.path.realpath(sys.executable))')
  [[ -n ${seen[$real]:-} ]] && continue
  seen[$real]=1
  IFS=$'\t' read -r optimised version described why <<<"$answer"
  if [[ -n $why ]]; then
    refused+="  $path, $described: $why"$'\n'
  elif [[ -z $best || "$optimised$version" > "$best_rank" ]]; then
    best=$real best_rank="$optimised$version" best_described=$described
  fi
done < <(type -aP "${names[@]}" 2>/dev/null | awk '!seen[$0]++')

if [[ -n $best ]]; then
  echo "Using $best: $best_described." >&2
  if [[ $best_rank == 0* ]]; then
    echo "It was built without optimisation and runs at half to two thirds of the speed." >&2
  fi
  echo "$best"
  exit
fi
{
  echo "The bus needs CPython 3.11 to 3.14 with venv, and found none${1:+ that is called $1}."
  printf '%s' "$refused"
  echo "On Debian 12 or newer and Ubuntu 24.04: apt-get install python3 python3-venv"
  echo "If you have one elsewhere, name it: make PYTHON=/opt/python3.12/bin/python3 ..."
} >&2
exit 1
