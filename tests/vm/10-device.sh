# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The device: what it is when made, what can be changed, what is refused, and
# its MTU. No traffic.

# one_node [LINK ATTRIBUTE...]: node A alone, its device made.
one_node()
{
	nodes A
	flanctl-genl -n $A link add $DEV dev eth0 local $A_IP4 "$@"
}

# link_json: JSON = the tool's view of A's device.
link_json()
{
	JSON=$(flanctl-genl -n $A -j link show "${1:-$DEV}")
}

# is KEY VALUE...: in JSON, spelled as there.
is()
{
	while [ $# -gt 1 ]; do
		case $JSON in
		*"\"$1\":$2,"* | *"\"$1\":$2}"*) ;;
		*)	fail "no \"$1\":$2 in $JSON" ;;
		esac
		shift 2
	done
}

# mtu_is N
mtu_is()
{
	local json

	json=$(ip -n $A -j link show $DEV)
	has "$json" "\"mtu\":$1," "MTU"
}

# ip link add NAME type flannel needs nothing else; the defaults are flannel's.
test_add_bare() { # smoke
	nodes A
	ip -n $A link add flannel.1 type flannel
	ip -n $A link set flannel.1 up
	link_json flannel.1
	is vni 1 port 8472 mtu 1450 ttl 0 tos 0 df '"unset"' udpcsum '"on"' \
		source-check '"owner"' rx '"direct"' fwmark 0 \
		outer-notrack '"off"' up true
	ip -n $A -d link show flannel.1 > "$T/show"
	shows "$T/show" POINTOPOINT NOARP UP
	shows_not "$T/show" MULTICAST
	shows_not "$T/show" BROADCAST
	shows "$T/show" link/none
	shows "$T/show" "addrgenmode none"
	flanctl-genl -n $A link del flannel.1
	no ip -n $A link show flannel.1
}

# No link-local address, no router solicitation; nor does a router count when
# IPv6 has gone and come back with the MTU.
test_quiet_ipv6() {
	nodes A
	nsctl $A net.ipv6.conf.default.addr_gen_mode=0 \
		net.ipv6.conf.default.accept_ra=1
	ip -n $A link add $DEV type flannel
	wire_start dev $A $DEV
	ip -n $A link set $DEV up
	nsctl $A "net/ipv6/conf/$DEV/addr_gen_mode?" \
		"net/ipv6/conf/$DEV/accept_ra?" > "$T/values"
	eq "$(tr '\n' ' ' < "$T/values")" "1 0 " "sysctls"
	ip -n $A -6 address show dev $DEV > "$T/addresses"
	shows_not "$T/addresses" fe80
	wire_stop dev
	wire_totals dev
	eq "$PACKETS" 0 "packets sent by itself"
	ip -n $A link set $DEV mtu 1200
	ip -n $A link set $DEV mtu 1400
	nsctl $A "net/ipv6/conf/$DEV/addr_gen_mode?" \
		"net/ipv6/conf/$DEV/accept_ra?" > "$T/values"
	eq "$(tr '\n' ' ' < "$T/values")" "1 0 " "sysctls after the MTU"
	# What a user has set stays, also when the MTU changes.
	nsctl $A "net/ipv6/conf/$DEV/accept_ra=2"
	ip -n $A link set $DEV mtu 1300
	eq "$(nsctl $A "net/ipv6/conf/$DEV/accept_ra?")" 2 "a user's"
}

# Every attribute can be set and read; those that may change live do.
test_attributes() { # smoke
	nodes A
	flanctl-genl -n $A link add $DEV vni 0xabcdef port 4789 \
		local $A_IP4 local6 $A_IP6 dev eth0 \
		address $A_MAC4 address6 $A_MAC6 network $NETWORK4 \
		network $NETWORK6 ttl 7 tos 1 df inherit udpcsum off \
		source-check strict rx gro fwmark 0x1234 outer-notrack on
	link_json
	is vni 11259375 port 4789 local "\"$A_IP4\"" local6 "\"$A_IP6\"" \
		dev '"eth0"' address "\"$A_MAC4\"" address6 "\"$A_MAC6\"" \
		ttl 7 tos 1 df '"inherit"' udpcsum '"off"' \
		source-check '"strict"' rx '"gro"' fwmark 4660 \
		outer-notrack '"on"'
	has "$JSON" "\"$NETWORK4\",\"$NETWORK6\"" network

	flanctl-genl -n $A link set $DEV local 192.168.77.9 local6 fd77::9 \
		address $B_MAC4 address6 $B_MAC6 network 10.0.0.0/8 \
		network fd00::/16 ttl 9 tos 4 df set udpcsum on \
		source-check log rx direct fwmark 0 outer-notrack off
	link_json
	is vni 11259375 port 4789 local '"192.168.77.9"' local6 '"fd77::9"' \
		address "\"$B_MAC4\"" address6 "\"$B_MAC6\"" ttl 9 tos 4 \
		df '"set"' udpcsum '"on"' source-check '"log"' \
		rx '"direct"' fwmark 0 outer-notrack '"off"'
	has "$JSON" '"10.0.0.0/8","fd00::/16"' network
	flanctl-genl -n $A link set $DEV up
	flanctl-genl -n $A link set $DEV nodev
	link_json
	has_not "$JSON" eth0 "after nodev"
}

# A change that names one attribute leaves the others; unset what can be unset.
test_attributes_stay() {
	nodes A
	flanctl-genl -n $A link add $DEV local $A_IP4 dev eth0 \
		network $NETWORK4 network $NETWORK6 ttl 7 fwmark 5
	flanctl-genl -n $A -j link show $DEV > "$T/before"
	flanctl-genl -n $A link set $DEV ttl 8
	flanctl-genl -n $A link set $DEV ttl 7
	flanctl-genl -n $A -j link show $DEV > "$T/after"
	cmp "$T/before" "$T/after"
	nlreq $A <<-EOF
	ok | | | setlink $DEV data{ network=0.0.0.0 network-len=0 }
	ok | | | setlink $DEV data{ network6=:: network6-len=0 }
	ok | | | setlink $DEV data{ local=0.0.0.0 }
	EOF
	link_json
	has_not "$JSON" network "after unsetting"
	has_not "$JSON" $A_IP4 "after unsetting"
	is ttl 7 fwmark 5 dev '"eth0"'
}

# The VTEP MAC is random, unicast and locally administered, and nobody else's
# business: not ip link's, not udev's.
test_random_mac() {
	local first

	one_node
	link_json
	first=${JSON#*\"address\":\"}
	first=${first%%\"*}
	case $first in
	?[26ae]:??:??:??:??:??) ;;
	*)	fail "not a local unicast MAC: $first" ;;
	esac
	is address6 "\"$first\""
	no ip -n $A link set $DEV address 02:00:00:00:00:99
	ip -n $A link set $DEV up
	link_json
	is address "\"$first\"" address6 "\"$first\""
	flanctl-genl -n $A link add flannel.2 vni 2
	link_json flannel.2
	has_not "$JSON" "$first" "another device's MAC"
}

# Attributes out of range or of the wrong size: refused by name, nothing made.
test_newlink_refusals() { # smoke
	nodes A
	nlreq $A <<-EOF
	EINVAL | | vni | newlink x data{ vni:u8=1 }
	ERANGE | vni | vni | newlink x data{ vni=16777216 }
	ERANGE | vni | vni | newlink x data{ vni=4294967295 }
	ok     | | | newlink max data{ vni=16777215 }
	EINVAL | | port | newlink x data{ port:u8=1 }
	ERANGE | port | port | newlink x data{ port=0 }
	EINVAL | | local | newlink x data{ local=fd77::1 }
	EINVAL | | local | newlink x data{ local=224.0.0.1 }
	EINVAL | | local | newlink x data{ local=255.255.255.255 }
	ERANGE | <policy> | local6 | newlink x data{ local6:hex=0102 }
	EINVAL | | local6 | newlink x data{ local6=ff02::1 }
	ENODEV | | | newlink x data{ link:u32=9999 }
	ENODEV | | | newlink x data{ link-name=nolink }
	EINVAL | | address | newlink x data{ address=000000000000 }
	EINVAL | | address | newlink x data{ address=010000000000 }
	EINVAL | | address | newlink x data{ address=ffffffffffff }
	ERANGE | <policy> | address | newlink x data{ address=0200000000 }
	EINVAL | | address6 | newlink x data{ address6=010000000000 }
	EINVAL | host bits | network | newlink x data{ network=10.244.1.0 network-len=16 }
	ERANGE | <policy> | network-len | newlink x data{ network=10.244.0.0 network-len=33 }
	EINVAL | network | | newlink x data{ network=10.244.0.0 }
	EINVAL | network | | newlink x data{ network-len=16 }
	EINVAL | host bits | network6 | newlink x data{ network6=fd44::1 network6-len=48 }
	ERANGE | <policy> | network6-len | newlink x data{ network6=fd44:: network6-len=129 }
	ERANGE | <policy> | df | newlink x data{ df=3 }
	ERANGE | <policy> | udp-csum | newlink x data{ udp-csum=2 }
	ERANGE | <policy> | source-check | newlink x data{ source-check=5 }
	ERANGE | <policy> | rx-mode | newlink x data{ rx-mode=2 }
	ERANGE | <policy> | outer-notrack | newlink x data{ outer-notrack=2 }
	EINVAL | | mac | newlink x mac=020000000001
	ERANGE | mtu is over 65535 | | newlink x mtu=65486
	EINVAL | | | newlink x mtu=67
	EINVAL | | | newlink x link-netnsid=0
	EOF
	ip -n $A -br link show type flannel > "$T/links"
	eq "$(wc -l < "$T/links")" 1 "links that were made"
}

# What cannot change live says so; what is out of range changes nothing.
test_changelink_refusals() {
	one_node vni 5 port 8472 ttl 3
	flanctl-genl -n $A -j link show $DEV > "$T/before"
	nlreq $A <<-EOF
	EOPNOTSUPP | vni | vni | setlink $DEV data{ vni=6 }
	EOPNOTSUPP | port | port | setlink $DEV data{ port=8473 }
	EOPNOTSUPP | udp | udp-port | setlink $DEV data{ udp-port=8285 }
	ok | | | setlink $DEV data{ vni=5 port=8472 }
	ERANGE | <policy> | df | setlink $DEV data{ ttl=9 df=3 }
	ERANGE | <policy> | source-check | setlink $DEV data{ source-check=5 ttl=9 }
	EINVAL | | address | setlink $DEV data{ ttl=9 address=010000000000 }
	EINVAL | host bits | network | setlink $DEV data{ ttl=9 network=10.0.0.1 network-len=8 }
	EOF
	flanctl-genl -n $A -j link show $DEV > "$T/after"
	cmp "$T/before" "$T/after"
}

# MTU: 50 below the underlay link, 70 where there is an IPv6 address only; it
# follows that link, and stays once a user has set it.
test_mtu_follows() { # smoke
	nodes A
	ip -n $A link add $DEV type flannel
	mtu_is 1450
	flanctl-genl -n $A link add flannel.6 port 8473 local6 $A_IP6
	has "$(ip -n $A -j link show flannel.6)" '"mtu":1430,' "IPv6 only"
	ip -n $A link del $DEV

	ip -n $A link set eth0 mtu 9000
	flanctl-genl -n $A link add $DEV local $A_IP4 dev eth0
	mtu_is 8950
	ip -n $A link set eth0 mtu 1400
	mtu_is 1350
	flanctl-genl -n $A link set $DEV local6 $A_IP6
	mtu_is 1350
	nlreq $A <<-EOF
	ok | | | setlink $DEV data{ local=0.0.0.0 }
	EOF
	mtu_is 1330
	ip -n $A link set $DEV mtu 1300
	ip -n $A link set eth0 mtu 1500
	mtu_is 1300
	ip -n $A link del $DEV
	flanctl-genl -n $A link add $DEV local $A_IP4 dev eth0 mtu 1234
	ip -n $A link set eth0 mtu 1400
	mtu_is 1234
}

# MTU limits: 68 to 65535 less the headers.
test_mtu_limits() {
	nodes A
	flanctl-genl -n $A link add $DEV local $A_IP4 dev eth0
	nlreq $A <<-EOF
	EINVAL | mtu | | setlink $DEV mtu=0
	EINVAL | mtu less than | | setlink $DEV mtu=67
	ok | | | setlink $DEV mtu=68
	ok | | | setlink $DEV mtu=1279
	ok | | | setlink $DEV mtu=1280
	ok | | | setlink $DEV mtu=65485
	EINVAL | mtu greater than | | setlink $DEV mtu=65486
	EINVAL | mtu greater than | | setlink $DEV mtu=65535
	EINVAL | mtu | | setlink $DEV mtu=2147483648
	EOF
	mtu_is 65485
	# An underlay that is too small, or as large as can be.
	ip -n $A link del $DEV
	ip -n $A link set eth0 mtu 68
	flanctl-genl -n $A link add $DEV local $A_IP4 dev eth0
	mtu_is 68
	ip -n $A link set eth0 mtu 65535
	mtu_is 65485
}

# The device stays in its namespace, and the underlay is looked up in there.
test_netns_immutable() { # smoke
	nodes A B
	ip -n $A link add $DEV type flannel
	no ip -n $A link set $DEV netns $B
	ip -n $A link show $DEV > "$T/show"
	shows "$T/show" $DEV
	# Made from here in another namespace is fine.
	ip link add flannel.7 netns $B type flannel
	ip -n $B link show flannel.7 > "$T/show"
	shows "$T/show" flannel.7
	# With its underlay elsewhere it is not.
	no ip -n $A link add flannel.8 link-netns $B type flannel
	no ip -n $A link add link eth0 name flannel.8 netns $B type flannel
	no ip -n $B link show flannel.8
	no ip -n $A link show flannel.8
}

# Root of a user namespace makes no device and asks the family nothing.
test_user_namespace() { # smoke
	local command rc

	unshare -Urn true || skip "no user namespaces here"
	for command in "ip link add x type flannel" \
		       "flanctl-genl link add x" \
		       "flanctl-genl subnet show" \
		       "flanctl-genl stats show"; do
		rc=0
		# shellcheck disable=SC2086 # words
		unshare -Urn $command > "$T/out" 2>&1 || rc=$?
		eq $rc 2 "$command in a user namespace"
	done
	# Nor does root without the capability.
	nodes A
	ip -n $A link add $DEV type flannel
	no setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
		nsctl $A -- flanctl-genl subnet flush dev $DEV
}

# Sockets: none while down, one a family while up, shared by VNIs.
test_sockets() {
	nodes A
	ip -n $A link add $DEV type flannel
	flanctl-genl -n $A link add flannel.2 vni 2
	sockets_are 0 0
	ip -n $A link set $DEV up
	sockets_are 1 1
	ip -n $A link set flannel.2 up
	sockets_are 1 1
	ip -n $A link set $DEV down
	sockets_are 1 1
	ip -n $A link del flannel.2
	sockets_are 0 0
	ip -n $A link set $DEV up
	sockets_are 1 1
}

# sockets_are V4 V6: on port 8472 of A.
sockets_are()
{
	nsctl $A /proc/self/net/udp > "$T/udp4"
	count_lines "$T/udp4" ":2118 "
	eq "$COUNT" "$1" "IPv4 sockets"
	nsctl $A /proc/self/net/udp6 > "$T/udp6"
	count_lines "$T/udp6" ":2118 "
	eq "$COUNT" "$2" "IPv6 sockets"
}

# The same VNI and port twice: EEXIST. Another VNI, or another namespace: fine.
test_vni_and_port_twice() {
	nodes A B
	nlreq $A <<-EOF
	ok     | | | newlink one data{ vni=1 port=8472 }
	EEXIST | vni and port | | newlink two data{ vni=1 port=8472 }
	ok     | | | newlink two data{ vni=2 port=8472 }
	ok     | | | newlink three data{ vni=1 port=8473 }
	EEXIST | | | newlink one data{ vni=9 }
	EOF
	ip -n $B link add one type flannel
	ip -n $A -batch - <<-EOF
	link set one up
	link set two up
	link set three up
	EOF
	refused "vni and port" flanctl-genl -n $A link add four vni 2
}

# A port that something else has: refused with its number, device stays down.
test_port_taken() { # smoke
	nodes A
	# The in-tree driver takes it: nothing else has to run.
	ip -n $A -batch - <<-EOF
	link add vxlan9 type vxlan id 9 dstport 8472 local $A_IP4 dev eth0 nolearning
	link set vxlan9 up
	link add $DEV type flannel
	EOF
	refused 8472 flanctl-genl -n $A link set $DEV up
	refused "in use" ip -n $A link set $DEV up
	sockets_are 1 0
	ip -n $A link show $DEV > "$T/show"
	shows_not "$T/show" LOWER_UP
	ip -n $A link del vxlan9
	ip -n $A link set $DEV up
}

# Any name will do; a device that is renamed keeps its table.
test_names() {
	nodes A
	ip -n $A link add overlay0 type flannel
	flanctl-genl -n $A subnet add 10.1.0.0/24 local dev overlay0
	ip -n $A link set overlay0 name cluster0
	ip -n $A link set cluster0 up
	has "$(flanctl-genl -n $A subnet show dev cluster0)" 10.1.0.0/24 show
}

# Module parameters: readable, range-checked, defaults of new devices.
test_module_parameters() {
	local name

	for name in port vni max_subnets source_check; do
		[ -r /sys/module/flannel/parameters/$name ] ||
			fail "parameter $name cannot be read"
		modinfo flannel > "$T/modinfo"
		shows "$T/modinfo" "parm:" "$name:"
	done
	module_unload
	for name in port=0 port=65536 port=x vni=16777216 max_subnets=0 \
		    source_check=5 source_check=never; do
		if module_load $name 2>/dev/null; then
			fail "$name was taken"
		fi
		no module_is_loaded
	done
	module_load port=4789 vni=77 max_subnets=2 source_check=strict
	nodes A
	ip -n $A link add $DEV type flannel
	link_json
	is vni 77 port 4789 source-check '"strict"'
	flanctl-genl -n $A subnet add 10.1.0.0/24 local dev $DEV
	flanctl-genl -n $A subnet add 10.2.0.0/24 local dev $DEV
	refused max_subnets flanctl-genl -n $A subnet add 10.3.0.0/24 local \
		dev $DEV
	ip netns del $A
	module_unload
	module_load
}

# The tool explains what ip would only number.
test_tool_exit_codes() {
	local rc=0

	nodes A
	flanctl-genl -n $A link add $DEV ttl 256 2> "$T/err" || rc=$?
	eq $rc 1 "ttl 256: exit code"
	rc=0
	flanctl-genl -n $A link frobnicate 2> "$T/err" || rc=$?
	eq $rc 1 "unknown command: exit code"
	refused $DEV flanctl-genl -n $A link del $DEV
	flanctl-genl -n $A link add $DEV
	refused exist flanctl-genl -n $A link add $DEV
	refused flannel flanctl-genl -n $A link del lo
}
