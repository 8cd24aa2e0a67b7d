#!/usr/bin/env bash
# Starts RabbitMQ with the files of compose.yaml as they are, in a network of its own so that the ports
# are free, and looks at what they make of it: broker.sh [PRESSLATE]
#
# With a program it goes on as compose does: `topology apply` by the administrator's account, and
# `topology check` by the worker's.
#
# Exit status: 0 when all holds, 1 when something does not, 77 when this machine lacks what it takes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
deploy=$here/../../deploy

lacks() { echo "lacks $1"; exit 77; }
fail() { echo "FAILED: $1" >&2; tail -n 30 "$work"/log/*.log "$work/out" >&2 || true; exit 1; }
[ "$(id -u)" = 0 ] || lacks "root, to make a network of its own"
for tool in rabbitmq-server rabbitmqctl unshare ip curl openssl; do
  command -v "$tool" >/dev/null || lacks "$tool"
done

if [ "${PRESSLATE_BROKER_TEST:-}" != inside ]; then
  unshare --net --mount --pid --fork --kill-child true 2>/dev/null || lacks "the right to make a network"
  # Everything that is started ends with this, whatever happens.
  PRESSLATE_BROKER_TEST=inside exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

ip link set lo up
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{data,log,home,secrets} /run/secrets
# In this mount namespace alone.
mount -t tmpfs tmpfs /run/secrets

"$deploy/compose-secrets.sh" "$work/secrets" >/dev/null
cp "$work/secrets/accounts" /run/secrets/accounts
before=$(cat "$work/secrets/worker")
"$deploy/compose-secrets.sh" "$work/secrets" >/dev/null
[ "$before" = "$(cat "$work/secrets/worker")" ] || fail "a second run changes passwords"
if grep -q "$before" "$work/secrets/accounts"; then fail "passwords are in the accounts' file"; fi
if grep -q '"@' "$work/secrets/accounts"; then fail "an account has no password"; fi

export HOME=$work/home RABBITMQ_NODENAME=compose@localhost RABBITMQ_MNESIA_BASE=$work/data RABBITMQ_LOG_BASE=$work/log \
  RABBITMQ_CONFIG_FILE=$deploy/rabbitmq/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$deploy/rabbitmq/enabled_plugins \
  RABBITMQ_CONF_ENV_FILE=$work/none RABBITMQ_PID_FILE=$work/pid ERL_CRASH_DUMP=$work/crash
# The machine's script starts the server as an account of its own, which cannot read these folders.
server=$(command -v /usr/lib/rabbitmq/bin/rabbitmq-server || command -v rabbitmq-server)
ctl=$(command -v /usr/lib/rabbitmq/bin/rabbitmqctl || command -v rabbitmqctl)
"$server" > "$work/out" 2>&1 &
# Ends as soon as the server does, or when it has had its time.
"$ctl" wait --quiet --timeout 300 "$work/pid" > "$work/waited" 2>&1 || { cat "$work/waited" >&2; fail "the broker does not start with deploy/rabbitmq/rabbitmq.conf"; }

say() { # what the answer must have in it, arguments of curl
  local wanted=$1
  shift
  curl --silent --show-error --fail-with-body --max-time 60 --output "$work/answer" "$@" || fail "curl $*"
  grep -q "$wanted" "$work/answer" || fail "$* does not say $wanted"
}
say administrator -u "operator:$(cat "$work/secrets/operator")" http://127.0.0.1:15672/api/whoami
status=$(curl --silent --output /dev/null --write-out '%{http_code}' -u guest:guest http://127.0.0.1:15672/api/whoami)
[ "$status" = 401 ] || fail "guest gets in ($status)"
status=$(curl --silent --output /dev/null --write-out '%{http_code}' -u "presslate-worker:$before" http://127.0.0.1:15672/api/queues)
[ "$status" = 401 ] || fail "the worker's account gets into the management ($status)"
say '^rabbitmq_' http://127.0.0.1:15692/metrics
"$ctl" eval 'application:get_env(rabbit, consumer_timeout).' | grep -q 1800000 || fail "consumer_timeout is not what the file says"

if [ -n "${1:-}" ]; then
  presslate() { # account, arguments
    local account=$1
    shift
    PRESSLATE_AMQP_URL=amqp://presslate-$account@127.0.0.1:5672/news PRESSLATE_AMQP_PASSWORD_FILE=$work/secrets/$account \
      "$program" "$@" > "$work/said" 2>&1
  }
  program=$1
  presslate admin topology apply || { cat "$work/said"; fail "the administrator cannot make the topology"; }
  presslate admin topology check || { cat "$work/said"; fail "the topology is not what it should be"; }
  presslate worker topology check || { cat "$work/said"; fail "the worker's account does not find the topology"; }
  if presslate worker topology apply; then fail "the worker's account may declare queues"; fi
  # Queues tell of themselves every few seconds.
  detailed='http://127.0.0.1:15692/metrics/detailed?family=queue_coarse_metrics'
  for _ in $(seq 60); do
    curl --silent --output "$work/answer" "$detailed"
    ! grep -q 'queue="presslate.jobs"' "$work/answer" || break
    sleep 1
  done
  say 'queue="presslate.jobs"' "$detailed"
fi
echo "the broker is as its files say"
