#!/usr/bin/env bash
# No outgoing packet: runs the server, its clients and a drill in an empty network namespace whose only
# way out is one end of a cable that counts what leaves; nobody is at the other end.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${REGIONLAB_INSIDE:-}" != 1 ]; then
    binary=$(realpath "$1")
    if [ "$(id -u)" -eq 0 ]; then
        exec env REGIONLAB_INSIDE=1 unshare --net bash "$0" "$binary"
    fi
    exec env REGIONLAB_INSIDE=1 unshare --net --map-root-user bash "$0" "$binary"
fi
binary=$1
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
ip link set lo up
ip link add out type veth peer name far
ip link set out addrgenmode none
ip link set far addrgenmode none
ip addr add 192.0.2.1/24 dev out
ip link set far up
ip link set out up
ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev out
ip route add default via 192.0.2.2
sent() { awk -F'[: ]+' '$2 == "out" {print $12}' /proc/net/dev; }

"$binary" up --port 0 --ready-file "$work/ready" >"$work/up.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    [ -e "$work/ready" ] && break
    sleep 0.05
done
endpoint=$(sed -n 's/^endpoint=//p' "$work/ready")
dns_port=$(sed -n 's/^dns_port=//p' "$work/ready")
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test build/venv/bin/aws --endpoint-url "$endpoint" \
    --region us-east-1 dynamodb list-tables >"$work/tables"
grep -q resilientdynamo-Order "$work/tables"
dig +short -p "$dns_port" @127.0.0.1 api.orders.example.com A | grep -q '^127\.'
dig +tcp +time=2 +tries=1 -p "$dns_port" @127.0.0.1 elsewhere.example.net A >"$work/refused" || true
"$binary" ctl --endpoint "$endpoint" region down us-east-1 >/dev/null
"$binary" ctl --endpoint "$endpoint" reset >/dev/null
"$binary" drill examples/orders/failover.yaml >"$work/drill"
kill "$server"
wait "$server" || true
server=
left=$(sent)
[ "$left" -eq 0 ] || { echo "$left packets would have left the machine"; exit 1; }
# The count can be trusted: a packet that does leave is seen.
(echo >/dev/udp/198.51.100.1/53) 2>/dev/null || true
[ "$(sent)" -gt 0 ] || { echo "the counting interface does not count"; exit 1; }
echo "no packet left; the counter works"
