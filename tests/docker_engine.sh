#!/usr/bin/env bash
# A Docker engine of our own, for tests: no network, no bridge, everything it keeps in one directory.
#   tests/docker_engine.sh start DIRECTORY   prints DOCKER_HOST of an engine that answers
#   tests/docker_engine.sh stop DIRECTORY    ends it; what it kept stays in DIRECTORY for the caller to remove
# Needs root, and `dockerd` (Debian: docker.io). Registers runsc (gVisor) as a runtime where it is installed.
set -euo pipefail

start() {
  local directory=$1 driver
  mkdir -p "$directory"
  local runsc
  runsc=$(command -v runsc || true)
  # runsc has no network to set up where the engine has none
  if [ -n "$runsc" ]; then
    echo "{\"runtimes\":{\"runsc\":{\"path\":\"$runsc\",\"runtimeArgs\":[\"--network=none\"]}}}" >"$directory/daemon.json"
  else
    echo '{}' >"$directory/daemon.json"
  fi
  for driver in overlay2 vfs; do
    if try "$directory" "$driver"; then
      echo "unix://$directory/docker.sock"
      return
    fi
    stop "$directory"
  done
  tail -n 20 "$directory/log" >&2
  return 1
}

try() {
  local directory=$1 driver=$2
  setsid dockerd --data-root "$directory/data-$driver" --exec-root "$directory/exec" --pidfile "$directory/pid" \
    -H "unix://$directory/docker.sock" --config-file "$directory/daemon.json" --storage-driver "$driver" \
    --iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false \
    >"$directory/log" 2>&1 </dev/null &
  local engine=$!
  for _ in $(seq 150); do
    if answers "$directory/docker.sock"; then return 0; fi
    kill -0 "$engine" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}

answers() {
  python3 -c 'import socket, sys
engine = socket.socket(socket.AF_UNIX)
engine.settimeout(5)
engine.connect(sys.argv[1])
engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
sys.exit(b"200 OK" not in engine.recv(4096))' "$1" 2>/dev/null
}

stop() {
  local directory=$1 engine
  engine=$(cat "$directory/pid" 2>/dev/null || true)
  [ -n "$engine" ] || return 0
  kill "$engine" 2>/dev/null || true
  for _ in $(seq 150); do
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.2
  done
  # the engine's containerd ends with it; mounts of the storage driver must not outlive it
  grep -o " $directory/[^ ]*" /proc/mounts | sort -r | xargs -r umount -l 2>/dev/null || true
}

case "${1:-} ${2:-}" in
  'start '?*) start "$2" ;;
  'stop '?*) stop "$2" ;;
  *) echo "usage: $0 start|stop DIRECTORY" >&2; exit 2 ;;
esac
