#!/bin/sh
# Makes the network namespace of one host, linked by eth0 to the bridge of its group. Runs as root of the user namespace, in
# the network namespace that holds the bridge (fresh if $NEW is set). Prints the process ids "BRIDGE HOST", then waits for its
# input to end: meanwhile the caller opens /proc/ID/ns/net of both.
# $NAT: nft or iptables for a fresh bridge that gets a link to the internet, named `uplink`; else nothing.
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
# What may go on from the bridge to the internet: everything but link-local addresses (a cloud's metadata), where only names are asked.
case $NAT in
nft)
  echo 1 >/proc/sys/net/ipv4/ip_forward
  nft -f - <<END
table ip sagebrush {
  chain forward {
    type filter hook forward priority 0
    ip daddr 169.254.0.0/16 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr 169.254.0.0/16 reject
  }
  chain postrouting { type nat hook postrouting priority 100; oifname "uplink" masquerade; }
}
END
  ;;
iptables)
  echo 1 >/proc/sys/net/ipv4/ip_forward
  export XTABLES_LOCKFILE=/dev/null # the machine's own is not this user's, and nobody else comes here
  iptables -w -A FORWARD -d 169.254.0.0/16 -p udp --dport 53 -j ACCEPT
  iptables -w -A FORWARD -d 169.254.0.0/16 -p tcp --dport 53 -j ACCEPT
  iptables -w -A FORWARD -d 169.254.0.0/16 -j REJECT
  iptables -w -t nat -A POSTROUTING -o uplink -j MASQUERADE
  ;;
esac
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
  printf 'link set host%s master br0\nlink set host%s up\n' "$INDEX" "$INDEX" | ip -batch - || { kill "$host"; exit 1; } # it would wait for its input, and the caller for it
  echo "$$ $host"
}
