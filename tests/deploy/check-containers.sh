#!/usr/bin/env bash
# Has tools look at what is in deploy/: check-containers.sh PYTHON, with a Python that has what
# requirements.txt names. What is not on this machine is said, a line each that begins with "lacks".
#
# Exit status: 0 when nothing is wrong, 1 otherwise.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../deploy"
tools=$(dirname "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0
lacks() { echo "lacks $1"; }
check() { # what, command
  local what=$1
  shift
  if "$@" > "$work/out" 2>&1; then echo "fine: $what"; else wrong=1; echo "WRONG: $what"; cat "$work/out"; fi
}

check "the Dockerfiles, by hadolint" "$tools/hadolint" --no-color Dockerfile Dockerfile.cuda
check "compose.yaml, by yamllint" "$tools/yamllint" --strict \
  -d '{extends: default, rules: {line-length: {max: 140}, document-start: disable, comments: {min-spaces-from-content: 1}}}' compose.yaml
check "compose.yaml, by the Compose specification and what it promises" "$1" "$here/compose.py" compose.yaml
check "the accounts' file, by a reader of JSON" "$1" -m json.tool rabbitmq/accounts.json

# The Compose of Debian 12 is older than names of projects.
mkdir "$work/project"
sed '/^name:/d' compose.yaml > "$work/project/compose.yaml"
for profile in cpu gpu offline; do
  if docker compose version >/dev/null 2>&1; then
    check "profile $profile, by docker compose" docker compose -f compose.yaml --profile "$profile" config --quiet
  elif command -v docker-compose >/dev/null; then
    check "profile $profile, by docker-compose" docker-compose -f "$work/project/compose.yaml" --profile "$profile" config --quiet
  else
    lacks "docker-compose, to read profile $profile"
  fi
done

if command -v systemd-analyze >/dev/null; then
  # A root of its own: the machine's units are none of this test's business.
  root=$work/root
  mkdir -p "$root"/{etc/presslate,etc/systemd/system/presslate.service.d,usr/local/bin,usr/lib/systemd}
  cp -r /lib/systemd/system "$root/usr/lib/systemd/"
  ln -s usr/lib "$root/lib"
  printf '#!/bin/sh\n' > "$root/usr/local/bin/presslate"
  chmod +x "$root/usr/local/bin/presslate"
  cp systemd/presslate.service "$root/etc/systemd/system/"
  analyze() { # command of systemd-analyze, arguments: what it only warns of is wrong too
    systemd-analyze "$@" --root="$root" presslate.service > "$work/said" 2>&1 || { cat "$work/said"; return 1; }
    if grep -i 'presslate.*\(ignoring\|unknown\|failed\|deprecated\)' "$work/said"; then return 1; fi
  }
  check "presslate.service, by systemd-analyze" analyze verify --recursive-errors=one
  # In tenths: 0 is walled in, 100 is open; above 20 systemd itself no longer says OK.
  check "its walls, by systemd-analyze" analyze security --offline=true --threshold=20
  cp systemd/gpu.conf "$root/etc/systemd/system/presslate.service.d/"
  check "presslate.service with gpu.conf, by systemd-analyze" analyze verify --recursive-errors=one
  check "its walls, by systemd-analyze" analyze security --offline=true --threshold=25
else
  lacks "systemd-analyze"
fi

check "the scripts, by shellcheck" "$tools/shellcheck" --severity=warning compose-secrets.sh "$here"/*.sh
exit "$wrong"
