#!/usr/bin/env bash
# Follows deploy/README.md on a bare Debian machine, from nothing to a drained worker, and says whether it
# held: broker and accounts, a worker as a service user, Prometheus, jobs through, every query of the dashboard
# answered, a stop in the middle of work with nothing lost. As root. Removes again what it made, but for packages.
#
#   deploy/rehearse.sh --binary target/dist/presslate [--jobs 50] [--set NAME=VALUE]… [--python PATH] [--keep]
#
#   --set     a setting of the worker, such as PRESSLATE_MODEL=starter, as in its environment file
#   --python  one that has pika; else Debian's
#   --keep    leaves everything running, to look at
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }

jobs=50 binary='' python='' keep='' settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --binary) binary=${2:?}; shift 2 ;;
    --jobs) jobs=${2:?}; shift 2 ;;
    --set) settings+=("${2:?}"); shift 2 ;;
    --python) python=${2:?}; shift 2 ;;
    --keep) keep=yes; shift ;;
    *) usage ;;
  esac
done
[ -n "$binary" ] || usage
[ "$(id -u)" = 0 ] || fail "this makes users, on the machine and on the broker: run it as root"
[ -x "$binary" ] || fail "$binary is not a program: build one, see README.md"

work=$(mktemp -d /tmp/presslate-rehearsal.XXXXXX)
chmod 755 "$work"
vhost=rehearsal-$$
accounts=(presslate-admin presslate-worker presslate-producer presslate-consumer)
made_accounts='' made_user='' worker='' consumer=''

leave() {
  status=$?
  trap - EXIT
  if [ -n "$keep" ]; then
    say "kept: $work, virtual host $vhost"
    exit $status
  fi
  for pid in $worker $consumer; do kill "$pid" 2>/dev/null || true; done
  if [ -n "$made_accounts" ]; then
    rabbitmqctl -q delete_vhost "$vhost" || true
    for account in "${accounts[@]}"; do rabbitmqctl -q delete_user "$account" || true; done
  fi
  [ -z "$made_user" ] || userdel presslate || true
  [ $status = 0 ] || { echo "the worker's last words:"; tail -n 20 "$work/worker.log" 2>/dev/null || true; } >&2
  rm -rf "$work"
  exit $status
}
trap leave EXIT

# --- packages ------------------------------------------------------------------------------------------------
say "packages"
missing=()
command -v rabbitmq-server >/dev/null || missing+=(rabbitmq-server)
command -v prometheus >/dev/null || missing+=(prometheus)
command -v setpriv >/dev/null || missing+=(util-linux)
if [ -z "$python" ]; then
  python=/usr/bin/python3
  $python -c 'import pika' 2>/dev/null || missing+=(python3 python3-pika)
fi
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}"
fi

# --- broker and accounts -------------------------------------------------------------------------------------
say "broker"
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
within() { # SECONDS COMMAND…: waits until a command succeeds
  local left=$(($1 * 5))
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.2
  done
}
answers 5672 || rabbitmq-server -detached
within 60 answers 5672 || fail "no broker on 127.0.0.1:5672: see its log in /var/log/rabbitmq"
# A broker that listens has not always finished to start.
rabbitmqctl -q await_startup
rabbitmq-plugins -q enable rabbitmq_prometheus >/dev/null
within 30 answers 15692 || fail "the broker's metrics do not answer on 127.0.0.1:15692"

say "accounts"
there=$(rabbitmqctl -q list_users | cut -f1)
for account in "${accounts[@]}"; do
  if grep -qx "$account" <<<"$there"; then
    fail "the broker has an account $account already: rehearse on a machine without presslate"
  fi
done
url() { echo "amqp://presslate-$1@127.0.0.1:5672/$vhost"; }
made_accounts=yes
"$binary" topology print --format permissions --amqp-url "$(url admin)" > "$work/accounts.sh"
password() { echo "rehearsal-$1-$$-$(tr -dc a-z0-9 </dev/urandom | head -c 24 || true)"; }
for account in "${accounts[@]}"; do
  secret=$(password "$account")
  install -m 600 /dev/null "$work/$account.password"
  printf '%s' "$secret" > "$work/$account.password"
  # What is asked for a password on a terminal, takes it from its arguments in a script.
  sed -i "s|^rabbitmqctl add_user $account\$|& $secret|" "$work/accounts.sh"
done
sh -eu "$work/accounts.sh" >/dev/null
"$binary" topology apply --amqp-url "$(url admin)" --amqp-password-file "$work/presslate-admin.password"
"$binary" topology check --amqp-url "$(url admin)" --amqp-password-file "$work/presslate-admin.password"

# --- the worker, as a user who owns nothing ------------------------------------------------------------------
say "worker"
if ! id presslate >/dev/null 2>&1; then
  useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin presslate
  made_user=yes
fi
install -m 755 "$binary" "$work/presslate"
install -d -o presslate -g presslate "$work/cache"
install -m 400 -o presslate -g presslate "$work/presslate-worker.password" "$work/worker.secret"
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
admin=http://127.0.0.1:$port
cat > "$work/worker.env" <<END
PRESSLATE_AMQP_URL=$(url worker)
PRESSLATE_AMQP_PASSWORD_FILE=$work/worker.secret
PRESSLATE_AMQP_NO_DECLARE=true
PRESSLATE_ADMIN=127.0.0.1:$port
PRESSLATE_CACHE_DIR=$work/cache
PRESSLATE_LOG_FORMAT=json
END
[ ${#settings[@]} -eq 0 ] || printf '%s\n' "${settings[@]}" >> "$work/worker.env"

start_worker() {
  # What systemd does with EnvironmentFile and User: nothing else of this shell's environment gets in.
  mapfile -t environment < "$work/worker.env"
  setpriv --reuid presslate --regid presslate --clear-groups --no-new-privs \
    env -i PATH=/usr/bin:/bin "${environment[@]}" "$work/presslate" work </dev/null >>"$work/worker.log" 2>&1 &
  worker=$!
}
ready() { "$work/presslate" health --ready --admin "127.0.0.1:$port" >/dev/null 2>&1; }
ready_or_dead() { ready || ! kill -0 "$worker" 2>/dev/null; }
start_worker
# The first start may fetch weights.
within 3600 ready_or_dead || true
ready || fail "the worker is not ready"

# --- jobs through --------------------------------------------------------------------------------------------
export PRESSLATE_AMQP_URL
with_password() { # ACCOUNT: the address with the password in it, as the examples take it
  echo "amqp://presslate-$1:$(cat "$work/presslate-$1.password")@127.0.0.1:5672/$vhost"
}
send() { # FIRST LAST
  local number key
  for number in $(seq "$1" "$2"); do
    # Both lanes, or what the dashboard asks about the urgent one has no answer.
    key=$([ $((number % 3)) = 0 ] && echo urgent || echo job)
    cat > "$work/job.json" <<END
{"id": "rehearsal-$number", "tasks": ["translate"], "targets": ["ko"],
 "article": {"text": "The mayor of Leeds opened bridge $number on Monday."}}
END
    PRESSLATE_AMQP_URL=$(with_password producer) "$python" "$here/examples/producer.py" "$work/job.json" "$key" >/dev/null
  done
}
answered() {
  "$python" - "$work/answers.sqlite" "$1" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
try:
    print(db.execute(sys.argv[2]).fetchone()[0])
except sqlite3.OperationalError:  # its tables are not there yet
    print(0)
END
}
PRESSLATE_AMQP_URL=$(with_password consumer) "$python" "$here/examples/consumer.py" "$work/answers.sqlite" \
  >"$work/consumer.log" 2>&1 &
consumer=$!

half=$(((jobs + 1) / 2))
say "$half jobs, with Prometheus looking on"
check="$here/../tests/deploy/monitoring/check.py"
"$python" "$check" --worker-metrics "$admin/metrics" --rabbitmq http://127.0.0.1:15692 >"$work/dashboard.log" 2>&1 &
looking=$!
within 120 grep -q '^scraping' "$work/dashboard.log" || { cat "$work/dashboard.log" >&2; fail "Prometheus does not look"; }
send 1 "$half"
all_answered() { [ "$(answered 'SELECT count(*) FROM answers')" -ge "$1" ]; }
within 7200 all_answered "$half" || fail "only $(answered 'SELECT count(*) FROM answers') of $half jobs were answered"
wait "$looking" || { cat "$work/dashboard.log" >&2; fail "a query of the dashboard has no answer"; }
tail -n 1 "$work/dashboard.log"

# --- a stop in the middle ------------------------------------------------------------------------------------
say "$((jobs - half)) more, and a stop in the middle"
send $((half + 1)) "$jobs"
within 7200 all_answered $((half + 1)) || fail "no job was answered after the first $half"
began=$SECONDS
kill -TERM "$worker"
status=0
wait "$worker" || status=$?
# 0: all in work were finished; 3: some went back to the queue, which is no loss.
case $status in
  0 | 3) say "drained in $((SECONDS - began)) s, status $status" ;;
  *) fail "the worker ended with status $status when it was told to stop" ;;
esac
start_worker
within 7200 all_answered "$jobs" || fail "only $(answered 'SELECT count(*) FROM answers') of $jobs jobs were answered"

results=$(answered "SELECT count(*) FROM answers WHERE kind = 'result'")
messages=$(answered 'SELECT count(*) FROM seen')
[ "$results" = "$jobs" ] || fail "$((jobs - results)) jobs were answered with an error"
dead=$(rabbitmqctl -q list_queues -p "$vhost" name messages | awk '$1 == "presslate.dead" { print $2 }')
[ "$dead" = 0 ] || fail "there are $dead dead letters"
say "held: $jobs jobs, $results results, $((messages - jobs)) of them twice, no dead letters"
