#!/usr/bin/env bash
# Builds the program as it is shipped, so that the same sources give the same bytes wherever they lie:
#
#   deploy/build.sh [--features otlp] [--target x86_64-unknown-linux-gnu] [--out presslate]
#
# Checks that it is small, stripped, and names no folder of this machine, and prints its SHA-256.
# deploy/BUILDING.md says what else decides about the bytes.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

features=otlp target='' out=''
while [ $# -gt 0 ]; do
  case $1 in
    --features | --target | --out)
      [ $# -gt 1 ] || die "$1 needs a value"
      case $1 in
        --features) features=$2 ;;
        --target) target=$2 ;;
        --out) out=$2 ;;
      esac
      shift 2
      ;;
    --help | -h) usage; exit 0 ;;
    *) die "what is $1? --help says what there is" ;;
  esac
done

# Where the caller is, before it is left: --out is meant from there.
case $out in '' | /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/.."
root=$(pwd -P)
command -v cargo >/dev/null || die "no cargo: install rustup, which reads rust-toolchain.toml"
host=$(rustc -vV | sed -n 's/^host: //p')
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
sysroot=$(rustc --print sysroot)
target=${target:-$host}
cargo_home=$(cd "${CARGO_HOME:-$HOME/.cargo}" && pwd -P)
build_folder=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd -P)

cargo fetch --locked --target "$target"

# Folders of this machine, and what stands for them in the program. A later one goes before an
# earlier one, so the outer folders come first.
maps=(
  "$root=/presslate"
  "$build_folder=/target"
  "$cargo_home=/cargo"
  # Where the sources of the standard library are installed they would be named instead of this.
  "$sysroot/lib/rustlib/src/rust=/rustc/$commit"
)
# The folder of the crates is named after the registry, of which somebody may have a mirror.
for registry in "$cargo_home"/registry/src/*/; do maps+=("${registry%/}=/crates"); done
rust_flags=() c_flags=''
for map in "${maps[@]}"; do
  rust_flags+=("--remap-path-prefix=$map")
  c_flags+=" $(printf '%q' "-ffile-prefix-map=$map")"
done
# Products in half precision; without them the library that has them does not compile reliably.
case $target in aarch64-*-linux-*) rust_flags+=(-C target-feature=+fp16) ;; esac

# Flags of whoever builds would change the bytes; those of the script take their place. Both are
# written so that a folder may have a blank in its name.
[ -z "${RUSTFLAGS:-}" ] || printf 'build.sh: RUSTFLAGS is passed over: %s\n' "$RUSTFLAGS" >&2
unset RUSTFLAGS
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; printf '%s' "${rust_flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
export CFLAGS=$c_flags CXXFLAGS=$c_flags CC_SHELL_ESCAPED_FLAGS=1
# A crate asks git for its version: it is not to find a repository around Cargo's own folder.
export GIT_CEILING_DIRECTORIES=$cargo_home
# For tools that write the time: that of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
export LC_ALL=C TZ=UTC CARGO_INCREMENTAL=0

cargo build --locked --profile dist --target "$target" --features "$features" --bin presslate

built=$build_folder/$target/dist/presslate
size=$(wc -c <"$built")
[ "$size" -lt 40000000 ] || die "$built has $size bytes: 40 MB are allowed"

# What is left of this machine. Whole folders only, as a name alone might be a word.
for folder in "$root" "$build_folder" "$cargo_home" "$sysroot" "${HOME:-/nowhere}"; do
  [ "$folder" != / ] || continue
  if found=$(grep -aoF -m 3 -- "$folder/" "$built"); then
    printf '%s\n' "$found" >&2
    die "$built names $folder"
  fi
done
! grep -aqF 'registry/src/' "$built" || die "$built names the registry that its crates came from"
if command -v readelf >/dev/null && readelf -h "$built" >/dev/null 2>&1; then
  ! readelf -SW "$built" | grep -qE '\.(symtab|debug_info)' || die "$built is not stripped"
fi

if [ -n "$out" ]; then
  install -m 755 "$built" "$out"
  built=$out
fi
printf '%s bytes\n' "$size"
sha256sum "$built"
