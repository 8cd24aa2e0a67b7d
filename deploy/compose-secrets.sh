#!/bin/sh
# Makes what compose.yaml needs to know in secret: a password for each account, and the accounts' file for
# RabbitMQ, which holds their hashes alone. Passwords that are there already stay as they are.
#
#   deploy/compose-secrets.sh [FOLDER]      deploy/secrets when nothing is said
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/secrets}
accounts="operator admin worker producer consumer"
command -v openssl >/dev/null || { echo "openssl is needed: install it, and run this again" >&2; exit 1; }

mkdir -p "$folder"
# Nobody else gets into the folder. The files can be read by all, because containers see them with their
# modes, and run as other accounts than yours.
chmod 700 "$folder"
umask 022
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for name in $accounts grafana; do
  # Hexadecimal: no character that an address or a file of settings would read as something else.
  [ -s "$folder/$name" ] || openssl rand -hex 24 | tr -d '\n' > "$folder/$name"
done

# RabbitMQ's own form: base64 of a salt of four bytes and the SHA-256 of salt and password.
cp "$here/rabbitmq/accounts.json" "$scratch/accounts"
for name in $accounts; do
  openssl rand 4 > "$scratch/salt"
  cat "$scratch/salt" "$folder/$name" | openssl dgst -sha256 -binary > "$scratch/digest"
  hash=$(cat "$scratch/salt" "$scratch/digest" | openssl base64 -A)
  sed "s|@$name@|$hash|" "$scratch/accounts" > "$scratch/next"
  mv "$scratch/next" "$scratch/accounts"
done
mv "$scratch/accounts" "$folder/accounts"
chmod 644 "$folder"/*
echo "secrets are in $folder: keep the folder out of version control and backups that others can read"
