#!/bin/sh
# As an ordinary user: joins the namespace of a group's bridge to the internet by a program that makes this user's own
# connections of what comes from there. Prints a line when that works, and ends it when nobody has the FIFO $KEEP open any more.
# $PROCESS is in the bridge's namespace. $PROGRAM: pasta or slirp4netns. Neither leads to this machine's loopback addresses.
set -e
exec <"$KEEP"
case $PROGRAM in
pasta)
  folder=$(mktemp -d)
  pasta --quiet --ipv4-only --config-net --ns-ifname uplink --address "$SUBNET.2" --netmask 30 --gateway "$SUBNET.1" --no-map-gw \
    --tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --pid "$folder/pid" "$PROCESS" </dev/null >&2
  pasta=$(cat "$folder/pid")
  rm -r "$folder"
  echo ready
  cat >/dev/null
  kill "$pasta"
  ;;
slirp4netns)
  exec slirp4netns --configure --disable-host-loopback --disable-dns --cidr "$SUBNET.0/24" --exit-fd 0 --ready-fd 3 "$PROCESS" uplink 3>&1 >&2
  ;;
esac
