#!/bin/sh
# Makes the network namespace of one host, linked by eth0 to the bridge of its group. Runs as root of the user namespace, in
# the network namespace that holds the bridge (fresh if $NEW is set). Prints the process ids "BRIDGE HOST", then waits for its
# input to end: meanwhile the caller opens /proc/ID/ns/net of both.
# $INDEX: number of the host from 0. $SUBNET: first three numbers of the addresses, 10.x.y. $PLATFORM: address for lo.
set -e
if [ -n "$NEW" ]; then
  ip -batch - <<END
link set lo up
link add br0 type bridge
addr add $SUBNET.1/24 dev br0
link set br0 up
END
fi
# shellcheck disable=SC2016 # expanded by the inner shell
BRIDGE=$$ unshare --net sh -ec '
  ip -batch - <<END
link set lo up
link add eth0 type veth peer name host$INDEX netns $BRIDGE
addr add $SUBNET.$((INDEX + 2))/24 dev eth0
addr add $PLATFORM/32 dev lo
link set eth0 up
route add default via $SUBNET.1 dev eth0
END
  echo $$
  exec cat
' | {
  read -r host
  printf 'link set host%s master br0\nlink set host%s up\n' "$INDEX" "$INDEX" | ip -batch -
  echo "$$ $host"
}
