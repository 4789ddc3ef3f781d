#!/bin/sh
# As root: links the namespace of a group's bridge to this machine's own network, which masquerades what comes from there.
# `uplink-veth.sh add PROCESS`, PROCESS being in the bridge's namespace; `uplink-veth.sh sweep LOOKS` removes the rules if no link is left at one of so many looks.
# A link is a veth pair, `uplink` in there and sagebr<number> here: it ends with the namespace, so a crash leaves no link behind.
# All servers of a machine share the links' range and one set of rules; $state keeps both, and a lock lets one of them change it
# at a time. $NAT: iptables or nft.
set -e
state=/run/sagebrush
mkdir -p "$state"
exec 9>>"$state/lock"
flock 9
conf=/proc/sys/net/ipv4/conf

linked() { [ -n "$(echo /sys/class/net/sagebr[0-9]*)" ] && [ -e "$(echo /sys/class/net/sagebr[0-9]* | cut -d' ' -f1)" ]; }

choose_range() { # first three numbers of a /20 that no route of this machine leads into or covers, but the default route
  for range in 198.18.240 10.213.240 172.30.240 192.168.240; do
    inside=$(ip -4 route show table all to root "$range.0/20" | grep -v ' dev sagebr' || true)
    covering=$(ip -4 route show table all to match "$range.0/20" | grep -v -e '^default' -e '^0.0.0.0/0' || true)
    [ -n "$inside$covering" ] || { echo "$range" >"$state/range"; return; }
  done
  echo 'No range of addresses is free for the links of units to the internet.' >&2
  exit 1
}

# Where this machine does not forward, only the interfaces it has are told to, and a rule keeps others from using it as a router.
forward() {
  [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] && return
  for interface in "$conf"/*; do
    name=${interface##*/}
    case $name in all | default | lo | sagebr*) continue ;; esac
    forwarding=$(cat "$interface/forwarding" 2>/dev/null) || continue # links of other programs come and go
    [ "$forwarding" = 1 ] && continue
    { echo 1 >"$interface/forwarding"; } 2>/dev/null || continue
    echo "$name" >>"$state/forwarding"
    changed=yes
  done
}

# iptables where it is there: Docker and firewalls drop in its FORWARD chain, where only a rule of that chain lets through.
rules_iptables() {
  for chain in filter:INPUT filter:FORWARD nat:POSTROUTING; do
    table=${chain%:*} hook=${chain#*:}
    iptables -w -t "$table" -N "SAGEBRUSH-$hook" 2>/dev/null || iptables -w -t "$table" -F "SAGEBRUSH-$hook"
    iptables -w -t "$table" -C "$hook" -j "SAGEBRUSH-$hook" 2>/dev/null || iptables -w -t "$table" -I "$hook" -j "SAGEBRUSH-$hook"
  done
  {
    echo '*filter'
    echo '-A SAGEBRUSH-INPUT -i sagebr+ -p udp --dport 53 -j RETURN'
    echo '-A SAGEBRUSH-INPUT -i sagebr+ -p tcp --dport 53 -j RETURN'
    echo '-A SAGEBRUSH-INPUT -i sagebr+ -j DROP'
    echo '-A SAGEBRUSH-FORWARD -o sagebr+ -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT'
    echo '-A SAGEBRUSH-FORWARD -o sagebr+ -j DROP'
    echo '-A SAGEBRUSH-FORWARD -i sagebr+ -j ACCEPT'
    echo '-A SAGEBRUSH-FORWARD -m conntrack --ctstate DNAT -j RETURN'
    while read -r name; do echo "-A SAGEBRUSH-FORWARD -i $name -m conntrack --ctstate NEW -j DROP"; done <"$state/forwarding"
    echo COMMIT
    echo '*nat'
    echo "-A SAGEBRUSH-POSTROUTING -s $range.0/20 -j MASQUERADE"
    echo COMMIT
  } | iptables-restore -w --noflush
}

rules_nft() {
  {
    echo 'table inet sagebrush'
    echo 'delete table inet sagebrush'
    echo 'table inet sagebrush {'
    echo ' chain input { type filter hook input priority 0; iifname "sagebr*" meta l4proto { tcp, udp } th dport 53 accept; iifname "sagebr*" drop; }'
    echo ' chain forward { type filter hook forward priority 0;'
    echo '  oifname "sagebr*" ct state established,related accept; oifname "sagebr*" drop; iifname "sagebr*" accept; ct status dnat accept;'
    while read -r name; do echo "  iifname \"$name\" ct state new drop;"; done <"$state/forwarding"
    echo ' }'
    echo " chain postrouting { type nat hook postrouting priority 100; ip saddr $range.0/20 masquerade; }"
    echo '}'
  } | nft -f -
}

remove_rules() { # $1: what made them
  if [ "$1" = nft ]; then
    nft delete table inet sagebrush
    return
  fi
  for chain in filter:INPUT filter:FORWARD nat:POSTROUTING; do
    table=${chain%:*} hook=${chain#*:}
    iptables -w -t "$table" -D "$hook" -j "SAGEBRUSH-$hook"
    iptables -w -t "$table" -F "SAGEBRUSH-$hook"
    iptables -w -t "$table" -X "SAGEBRUSH-$hook"
  done
}

add() {
  changed=
  [ -e "$state/rules" ] && linked || { rm -f "$state/rules"; choose_range; }
  : >>"$state/forwarding"
  range=$(cat "$state/range")
  number=0
  while [ -e "/sys/class/net/sagebr$number" ]; do number=$((number + 1)); done
  [ "$number" -lt 1024 ] || { echo 'More than 1024 groups of units have the internet already.' >&2; exit 1; }
  here=$(((number % 64) * 4 + 1))
  net=${range%.*}.$((${range##*.} + number / 64))
  ip -batch - <<END
link add sagebr$number type veth peer name uplink netns $1
addr add $net.$here/30 dev sagebr$number
END
  [ ! -e /proc/sys/net/ipv6/conf ] || echo 1 >"/proc/sys/net/ipv6/conf/sagebr$number/disable_ipv6"
  echo 1 >"$conf/sagebr$number/forwarding"
  ip link set "sagebr$number" up
  forward
  if [ -n "$changed" ] || [ ! -e "$state/rules" ]; then
    "rules_$NAT" || { remove_rules "$NAT"; exit 1; }
    echo "$NAT" >"$state/rules"
  fi
  nsenter --net="/proc/$1/ns/net" ip -batch - <<END
addr add $net.$((here + 1))/30 dev uplink
link set uplink up
route add default via $net.$here dev uplink
END
}

sweep() {
  [ -e "$state/rules" ] || return 0
  looks=0
  while linked; do
    looks=$((looks + 1))
    [ "$looks" -lt "$1" ] || return 0
    sleep 0.05
  done
  remove_rules "$(cat "$state/rules")"
  # Somebody may have made a router of this machine meanwhile: then it stays one.
  while read -r name; do
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || { echo 0 >"$conf/$name/forwarding"; } 2>/dev/null || continue
  done <"$state/forwarding"
  rm -f "$state/rules" "$state/forwarding" "$state/range"
}

"$@"
