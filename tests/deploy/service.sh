#!/usr/bin/env bash
# Starts deploy/systemd/presslate.service as it is, under a systemd of its own in namespaces of its own:
# service.sh PRESSLATE CATALOG WEIGHTS ARTICLE
#
# The root is this machine's, with a layer on top that goes with the test. Model `tiny` of the folders
# CATALOG and WEIGHTS first translates ARTICLE inside the service's walls, so that computing is seen to
# work there; then the worker has to stay up, without a broker, and end well when it is told to.
#
# Exit status: 0 when all holds, 1 when something does not, 77 when this machine lacks what it takes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
units=$here/../../deploy/systemd

lacks() { echo "lacks $1"; exit 77; }
[ "$(id -u)" = 0 ] || lacks "root, to make namespaces"
for tool in unshare pivot_root ip systemctl; do command -v "$tool" >/dev/null || lacks "$tool"; done
[ -x /lib/systemd/systemd ] || lacks "systemd"

if [ "${PRESSLATE_SERVICE_TEST:-}" != inside ]; then
  unshare --net --mount --pid --cgroup --ipc --uts --fork --kill-child true 2>/dev/null || lacks "the right to make namespaces"
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  # Whatever happens, all of it ends with its first process.
  PRESSLATE_SERVICE_TEST=inside OUT=$out timeout --kill-after 5 500 \
    unshare --net --mount --pid --cgroup --ipc --uts --fork --kill-child "$0" "$@" > "$out/boot" 2>&1 || true
  if grep -q '^lacks ' "$out/boot"; then cat "$out/boot"; exit 77; fi
  if [ "$(cat "$out/verdict" 2>/dev/null)" = "holds" ]; then cat "$out/said"; exit 0; fi
  for file in boot said status journal; do echo "== $file"; cat "$out/$file" 2>/dev/null || true; done
  exit 1
fi

program=$1 catalog=$2 weights=$3 article=$4
mount --make-rprivate /
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{up,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/up,workdir=$work/work" "$work/root" || lacks "overlay"
cd "$work/root"
mkdir -p old out
mount --bind "$OUT" out
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/{unified,systemd}
# As it is on this machine: a newer systemd has one tree, an older one two.
if [ -d /sys/fs/cgroup/systemd ]; then
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd || lacks "control groups"
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified || lacks "control groups"
else
  umount sys/fs/cgroup
  mount -t cgroup2 cgroup2 sys/fs/cgroup || lacks "control groups"
fi
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=755 tmpfs run
ip link set lo up

# As the unit's first lines say.
install -m 755 "$program" usr/local/bin/presslate
install -D -m 644 "$units/presslate.env" etc/presslate/presslate.env
printf 'secret\n' > etc/presslate/broker-password
chmod 600 etc/presslate/broker-password
install -m 644 "$units/presslate.service" etc/systemd/system/presslate.service
# What belongs to the test.
cp -r "$catalog" etc/presslate/catalog
cp -r "$weights" etc/presslate/weights
cp "$article" etc/presslate/article
chmod -R a+rX etc/presslate/catalog etc/presslate/weights etc/presslate/article
sed -i -e 's/^PRESSLATE_MODEL=.*/PRESSLATE_MODEL=tiny/' -e 's/5672/1/' etc/presslate/presslate.env
printf 'PRESSLATE_CATALOG_DIR=/etc/presslate/catalog\nPRESSLATE_MODEL_DIR=/etc/presslate/weights\nHF_HUB_OFFLINE=1\n' >> etc/presslate/presslate.env
mkdir -p etc/systemd/system/presslate.service.d
cat > etc/systemd/system/presslate.service.d/test.conf <<'UNIT'
[Service]
# The machine may be busy with other tests.
TimeoutStartSec=infinity
Environment=PRESSLATE_THREADS=1
ExecStartPre=/usr/local/bin/presslate run /etc/presslate/article --task translate --to ru --format json --out /var/cache/presslate/result.json
UNIT
ln -sf /dev/null etc/systemd/system/network-online.target
printf '[Unit]\nWants=systemd-journald.service presslate.service look.service\n' > etc/systemd/system/test.target
printf '[Unit]\nDefaultDependencies=no\nAfter=presslate.service\n[Service]\nType=oneshot\nExecStart=/etc/presslate/look\nExecStopPost=systemctl poweroff --force --force\n' > etc/systemd/system/look.service
cat > etc/presslate/look <<'LOOK'
#!/bin/bash
# Runs inside, beside the worker.
exec > /out/said 2>&1
set -u
fail() {
  echo "FAILED: $1"
  systemctl status presslate --no-pager -l -n 40 > /out/status
  journalctl --no-pager > /out/journal
  exit 1
}
journal() { journalctl -u presslate --no-pager -o cat; }
[ "$(systemctl is-active presslate)" = active ] || fail "it is not up: $(systemctl is-active presslate)"
grep -q '"kind": *"result"' /var/cache/presslate/result.json || fail "it cannot translate inside its walls"
# The broker is not there: it says so, and stays.
for _ in $(seq 100); do journal | grep -qi 'broker' && break; sleep 1; done
journal | grep -qi 'broker' || fail "it does not say that there is no broker"
[ "$(systemctl show presslate -p NRestarts --value)" = 0 ] || fail "it was started again"
pid=$(systemctl show presslate -p MainPID --value)
state() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid/status"; }
[ "$(state Uid)" != 0 ] || fail "it is root"
[ "$(state CapEff)$(state CapPrm)$(state CapBnd)" = 000000000000000000000000000000000000000000000000 ] || fail "it has capabilities: $(state CapBnd)"
[ "$(state NoNewPrivs)" = 1 ] || fail "it may get more rights"
[ "$(state Seccomp)" = 2 ] || fail "its system calls are not filtered"
grep -q 'secret' "/proc/$pid/environ" && fail "the password is in its environment"
writable=$(nsenter --target "$pid" --mount setpriv --reuid "$(state Uid)" --regid "$(state Gid)" --clear-groups \
  find / \( -path /proc -o -path /sys -o -path /dev \) -prune -o -type d -writable -print 2>/dev/null \
  | grep -vE '^/(tmp|var/tmp|var/cache/presslate|var/cache/private/presslate)(/|$)' | sort)
[ -z "$writable" ] || fail "it can write $writable"
stat -c '%a' /var/cache/private/presslate | grep -q '^700$' || fail "others see its cache"
systemctl stop presslate
[ "$(systemctl show presslate -p Result --value)" = success ] || fail "it does not end well: $(systemctl show presslate -p Result -p ExecMainStatus)"
[ "$(systemctl show presslate -p ExecMainStatus --value)" = 0 ] || fail "it ends with $(systemctl show presslate -p ExecMainStatus --value)"
echo "the service starts, computes inside its walls, and stops"
echo holds > /out/verdict
LOOK
chmod +x etc/presslate/look
pivot_root . old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -c \
  'umount -l /old; mount --make-rshared /; exec /lib/systemd/systemd --system --unit=test.target --show-status=false'
