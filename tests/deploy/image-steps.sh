#!/usr/bin/env bash
# Follows the Dockerfiles step by step with buildah, without a registry: image-steps.sh [--dist] [BINARY]
#
# The bases are stand-ins made of this machine's files (it must be Debian). What is built is a small
# package with the targets, features and profiles of the real one, by the real cargo. Into the image
# that comes of it goes BINARY, and then has to run as it will in a cluster: another account than root,
# a root that cannot be written, no capabilities, and no library that the base does not have. With
# --dist its size is looked at too.
#
# Exit status: 0 when all holds, 1 when something does not, 77 when this machine lacks what it takes.
set -euo pipefail
cd "$(dirname "$0")/../.."

limit=$((40 * 1000 * 1000))
dist=
if [ "${1:-}" = --dist ]; then dist=yes; shift; fi
binary=${1:-}

lacks() { echo "lacks $1"; exit 77; }
fail() { echo "FAILED: $1" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || lacks "Linux"
[ "$(id -u)" = 0 ] || lacks "root, to make namespaces and to be another account"
for tool in buildah setpriv unshare chroot gcc cargo dpkg readelf python3; do
  command -v "$tool" >/dev/null || lacks "$tool"
done
unshare --mount true 2>/dev/null || lacks "the right to make a mount namespace"
multiarch=$(gcc -print-multiarch)
arch=$(dpkg --print-architecture)
[ -e "/lib/$multiarch/libc.so.6" ] || lacks "a C library where Debian has it"

work=$(mktemp -d)
mounted=
images() { buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs "$@"; }
clean_up() {
  [ -z "$mounted" ] || umount "$mounted" 2>/dev/null || true
  rm -rf "$work" || true
}
trap clean_up EXIT
step() { printf -- '-- %s\n' "$1"; }

step "the stand-ins"
toolchain=$(rustc --print sysroot)
mkdir -p "$work/tools/usr/local/cargo/bin" "$work/tools/usr/local/rustup" "$work/tools/usr/local/bin" \
  "$work/tools/usr/bin" "$work/tools/usr/lib" "$work/tools/usr/lib64" "$work/tools/usr/include" \
  "$work/tools/etc/alternatives" "$work/tools/toolchain" "$work/tools/tmp"
for name in bin lib lib64; do ln -s "usr/$name" "$work/tools/$name"; done
cat > "$work/tools/usr/local/cargo/bin/cargo" <<'SH'
#!/bin/sh
echo "cargo $*" >&2
for file in models/weights.gguf deploy/secrets; do
  [ ! -e "$file" ] || { echo "$file got into the image's context"; exit 1; }
done
export PATH="/toolchain/bin:$PATH" HOME=/tmp
exec /toolchain/bin/cargo "$@"
SH
cat > "$work/tools/usr/local/cargo/bin/rustup" <<'SH'
#!/bin/sh
[ "$1 $2" = "target add" ] || { echo "rustup $*: not expected"; exit 1; }
[ -d "$(/toolchain/bin/rustc --print target-libdir --target "$3")" ]
SH
cat > "$work/tools/usr/local/bin/apt-get" <<'SH'
#!/bin/sh
echo "apt-get $*" >&2
SH
chmod +x "$work"/tools/usr/local/cargo/bin/* "$work/tools/usr/local/bin/apt-get"
mounts=(--volume "$toolchain:/toolchain:ro")
for folder in /usr/bin /usr/lib /usr/lib64 /usr/include /etc/alternatives; do
  [ ! -d "$folder" ] || mounts+=(--volume "$folder:$folder:ro")
done
printf 'FROM scratch\nCOPY tools/ /\nENV PATH=%s\n' \
  /usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin > "$work/tools.file"
images build --quiet --pull-never --isolation chroot -f "$work/tools.file" -t localhost/tools:1 "$work" >/dev/null

# Of the distroless base with a C library: these files, and no shell.
base=$work/base
mkdir -p "$base/lib/$multiarch" "$base/etc/ssl/certs" "$base/home/nonroot" "$base/tmp" "$base/var/cache"
chmod 1777 "$base/tmp"
for library in libc libm libmvec libpthread libdl librt libresolv libnss_dns libnss_files libgcc_s libstdc++; do
  for file in "/lib/$multiarch/$library".so.?; do
    [ ! -e "$file" ] || cp -L "$file" "$base/lib/$multiarch/"
  done
done
loader=$(readelf --program-headers /bin/true | sed -n 's/.*interpreter: \(.*\)]/\1/p')
mkdir -p "$base$(dirname "$loader")"
cp -L "$loader" "$base$loader"
cp -L /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/" 2>/dev/null || true
printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > "$base/etc/passwd"
printf 'FROM scratch\nCOPY base/ /\n' > "$work/base.file"
images build --quiet --pull-never --isolation chroot -f "$work/base.file" -t localhost/base:1 "$work" >/dev/null

step "a small package with the targets, features and profiles of the real one"
small=$work/small
mkdir -p "$small/src" "$small/models/glossaries" "$small/deploy/systemd" "$small/tests/chaos" "$small/tests/bench/queue" "$small/target"
awk '/^\[/ { keep = !/dependencies|lints/; features = /^\[features\]/ }
     features && /=/ { sub(/=.*/, "= []") }
     keep' Cargo.toml > "$small/Cargo.toml"
cp LICENSE "$small/"
echo 'word = "compiled in"' > "$small/models/word.toml"
echo 'term' > "$small/models/glossaries/terms.csv"
for file in models/README.md deploy/README.md deploy/systemd/unit.service; do echo "$file" > "$small/$file"; done
# Fails when one of them is not in the context; tells that it is not the stand-in of the first layer.
cat > "$small/src/lib.rs" <<'RUST'
//! What an image is built of.
/// From files that are compiled in.
pub const WORDS: [&str; 2] = [include_str!("../models/word.toml"), include_str!("../models/glossaries/terms.csv")];
/// The same.
pub const MORE: [&str; 4] = [
    include_str!("../LICENSE"),
    include_str!("../models/README.md"),
    include_str!("../deploy/README.md"),
    include_str!("../deploy/systemd/unit.service"),
];
RUST
cat > "$small/src/main.rs" <<'RUST'
fn main() {
    let features = [cfg!(feature = "otlp"), cfg!(feature = "cuda")];
    println!("{:?} {features:?}", presslate::WORDS);
}
RUST
for target in tests/main.rs tests/chaos/main.rs tests/bench/queue/main.rs; do echo 'fn main() {}' > "$small/$target"; done
(cd "$small" && env -u CARGO_TARGET_DIR cargo generate-lockfile --offline --quiet)
# As a clone has them that is older than the first layer: cargo goes by times.
find "$small" -exec touch --date 2020-01-01 {} +
echo "must not get in" > "$small/models/weights.gguf"
mkdir "$small/deploy/secrets"
echo "must not get in" > "$small/deploy/secrets/worker"

build() { # Dockerfile, tag, arguments
  local file=$1 tag=$2
  shift 2
  # Docker knows these two by themselves; the buildah of Debian 12 wants them declared.
  { printf 'ARG BUILDPLATFORM\nARG TARGETARCH\n'; cat "$file"; } > "$work/Dockerfile"
  images build --pull-never --isolation chroot --format docker "${mounts[@]}" \
    --ignorefile "$file.dockerignore" -f "$work/Dockerfile" -t "$tag" \
    --build-arg BUILDPLATFORM="linux/$arch" --build-arg TARGETARCH="$arch" \
    --build-arg RUST_IMAGE=localhost/tools:1 --build-arg RUNTIME_IMAGE=localhost/base:1 \
    "$@" "$small" > "$work/log" 2>&1 || { cat "$work/log"; fail "$file does not build"; }
}

look() { # tag, key of the image's settings
  images inspect --type image "$1" | python3 -c '
import json, sys
print(json.dumps(json.load(sys.stdin)["Docker"]["config"].get(sys.argv[1]), sort_keys=True))' "$2"
}

check_image() { # tag, what the small program says
  local tag=$1 container root
  [ "$(look "$tag" User)" = '"65532:65532"' ] || fail "$tag does not run as 65532"
  [ "$(look "$tag" Entrypoint) $(look "$tag" Cmd)" = '["/usr/local/bin/presslate"] ["work"]' ] \
    || fail "$tag does not start the worker"
  look "$tag" Healthcheck | grep -qF '"Test": ["CMD", "/usr/local/bin/presslate", "health"]' \
    || fail "$tag does not ask for health"
  look "$tag" Volumes | grep -qF '"/var/cache/presslate"' || fail "$tag has no volume for weights"
  for label in title version revision created licenses; do
    look "$tag" Labels | grep -q "\"org.opencontainers.image.$label\": \"[^\"]" || fail "$tag has no label $label"
  done
  container=$(images from --pull-never "$tag")
  root=$(images mount "$container")
  [ "$(stat -c %u:%g "$root/var/cache/presslate")" = 65532:65532 ] || fail "$tag: the cache is not the worker's"
  [ "$(stat -c %u:%a "$root/usr/local/bin/presslate")" = 0:755 ] || fail "$tag: the worker could replace itself"
  [ -s "$root/usr/share/doc/presslate/LICENSE" ] || fail "$tag has no licence"
  # Also where nobody mounts the root read-only.
  writable=$(cd "$root" && setpriv --reuid 65532 --regid 65532 --clear-groups find . -type d -writable | sort | tr '\n' ' ')
  [ "$writable" = "./tmp ./var/cache/presslate " ] || fail "$tag: the worker can write $writable"
  said=$(inside "$root" /usr/local/bin/presslate)
  [ "$said" = "$2" ] || fail "$tag says '$said' instead of '$2'"
  last=$root
}

# Runs a program as a cluster does: root read-only, the cache and nothing else to write to, another
# account than root, no capabilities and none to be had, no network.
inside() { # root, command
  local root=$1
  shift
  unshare --mount --net --propagation private bash -euc '
    root=$1; shift
    mkdir -p "$root/proc" "$root/var/cache/presslate"
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o uid=65532,gid=65532,mode=755 tmpfs "$root/var/cache/presslate"
    cd "$root"
    exec env -i PATH=/usr/local/bin PRESSLATE_CACHE_DIR=/var/cache/presslate HF_HUB_OFFLINE=1 HOME=/home/nonroot \
      "$(command -v setpriv)" --no-new-privs "$(command -v chroot)" --userspec=65532:65532 "$root" "$@"
  ' inside "$root" "$@"
}

step "deploy/Dockerfile"
build deploy/Dockerfile localhost/presslate:1
check_image localhost/presslate:1 '["word = \"compiled in\"\n", "term\n"] [true, false]'
cpu=$last

step "deploy/Dockerfile.cuda"
build deploy/Dockerfile.cuda localhost/presslate:cuda --build-arg CUDA_BUILD_IMAGE=localhost/tools:1 --build-arg CUDA_COMPUTE_CAP=90
check_image localhost/presslate:cuda '["word = \"compiled in\"\n", "term\n"] [true, true]'
look localhost/presslate:cuda Labels | grep -qF '"presslate.cuda.compute-capability": "90"' || fail "the image does not say which GPU it is for"

if [ -n "$binary" ]; then
  step "$binary in that image"
  cp "$binary" "$cpu/usr/local/bin/presslate"
  chmod 755 "$cpu/usr/local/bin/presslate"
  presslate() { inside "$cpu" /usr/local/bin/presslate "$@"; }
  version=$(presslate --version) || fail "it does not run without the libraries of this machine"
  echo "$version"
  presslate models list > "$work/list" 2>&1 || { cat "$work/list"; fail "it does not list models"; }
  grep -q qwen "$work/list" || fail "it has no catalogue"
  presslate schema job | grep -q '"properties"' || fail "it prints no schema"
  # With other threads than the machine has, it replaces itself by itself.
  presslate work --threads 1 --amqp-url amqp://127.0.0.1:1 --model none-such > "$work/log" 2>&1 && fail "it works with a model that is not there"
  grep -q none-such "$work/log" || { cat "$work/log"; fail "it does not get to its models"; }
  status=0
  presslate health > "$work/log" 2>&1 || status=$?
  [ "$status" = 1 ] || { cat "$work/log"; fail "health is $status where there is no worker, and must be 1"; }
  if [ -n "$dist" ]; then
    size=$(stat -c %s "$binary")
    echo "$size bytes"
    [ "$size" -lt "$limit" ] || fail "$binary has $size bytes, and at most $limit are wanted"
    if readelf --sections --wide "$binary" | grep -qE '\.(symtab|debug_info)'; then fail "$binary is not stripped"; fi
  fi
fi
echo "all steps hold"
