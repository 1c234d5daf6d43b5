# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Everything at once, for a bounded time: the kernel log is the judge, and that
# the device works afterwards.

SECONDS_EACH=${FLANNEL_RACE_SECONDS:-8}

# race NAME [SEED]: requests of stdin at random, in the background, in A.
race()
{
	nlreq -l 60 -s "${2:-1}" -p "$T/$1.pid" $A > "$T/$1.race"
}

races_end()
{
	local pidfile

	sleep $SECONDS_EACH
	for pidfile in "$T"/*.pid; do
		case $pidfile in
		*.flood.pid) ;;
		*)	stop_daemon $pidfile ;;
		esac
	done
}

# traffic of both families, both ways, plus a bulk flow, until races_end.
race_traffic()
{
	flood_start f4 $A_POD $B_POD4 -i 700
	flood_start f6 $B_POD $A_POD6 -i 700
}

# Up, down, change, write, delete, sweep, flush and dump under traffic.
test_race_everything() { # smoke
	local b="via=$B_IP4 lladdr=02f100000002" c="via=$C_IP4 lladdr=02f100000003"

	pair ours ours
	race_traffic
	race link <<-EOF
	setlink $DEV down
	setlink $DEV up
	setlink $DEV up
	setlink $DEV mtu=1300
	setlink $DEV mtu=1450
	EOF
	race change 2 <<-EOF
	setlink $DEV data{ rx-mode=0 }
	setlink $DEV data{ rx-mode=1 }
	setlink $DEV data{ outer-notrack=1 }
	setlink $DEV data{ outer-notrack=0 }
	setlink $DEV data{ source-check=0 }
	setlink $DEV data{ source-check=3 link=eth0 }
	setlink $DEV data{ link:u32=0 }
	setlink $DEV data{ address=02f1000000aa }
	setlink $DEV data{ address=02f100000001 }
	setlink $DEV data{ local=0.0.0.0 local6=:: }
	setlink $DEV data{ local=$A_IP4 local6=$A_IP6 udp-csum=1 }
	getlink $DEV
	EOF
	race table 3 <<-EOF
	subnet-new $DEV fill=300
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 $b }
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 $c }
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 $b src=192.168.77.22 }
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 via=$B_IP4 lladdr=020000000099 }
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 local }
	subnet-new $DEV subnet{ prefix=10.244.2.2 prefix-len=32 $b owner=x generation=1 }
	subnet-del $DEV subnet{ prefix=10.244.2.0 prefix-len=24 }
	subnet-sweep $DEV owner=x generation=2
	subnet-sweep $DEV owner=manual generation=1
	subnet-flush $DEV owner=x
	subnet-flush $DEV
	EOF
	race dump 4 <<-EOF
	subnet-get - +dump
	subnet-get $DEV +dump
	subnet-get $DEV address=10.244.2.2
	vtep-get - +dump
	vtep-get $DEV address=$B_IP4
	stats-get - +dump
	stats-get $DEV
	EOF
	races_end
	flood_stop f4
	flood_stop f6
	works_again
}

# works_again: A's device as it should be, and traffic.
works_again()
{
	ip -n $A link del $DEV
	ours A
	peer A B
	fl A link set $DEV rx direct
	flow -q -w 8000 icmp $A_POD $B_POD $B_POD4
	talk A B
}

# Devices are made and deleted while their table is written and dumped, and
# while their underlay link comes and goes.
test_race_devices() {
	pair ours ours
	race_traffic
	race devices <<-EOF
	newlink $DEV up data{ link-name=eth0 local=$A_IP4 }
	newlink fl2 up data{ vni=2 rx-mode=1 outer-notrack=1 }
	newlink fl3 up data{ vni=3 port=8473 link-name=eth0 }
	newlink eth9
	dellink $DEV
	dellink fl2
	dellink fl3
	EOF
	race writers 2 <<-EOF
	subnet-new $DEV fill=100
	subnet-new fl2 fill=100
	subnet-new fl3 fill=100
	subnet-flush $DEV
	subnet-flush fl2
	subnet-del fl3 fill=100
	EOF
	race readers 3 <<-EOF
	subnet-get - +dump
	vtep-get - +dump
	stats-get - +dump
	getlink fl2
	EOF
	race underlay 4 <<-EOF
	setlink eth0 down
	setlink eth0 up
	setlink eth0 mtu=1400
	setlink eth0 mtu=9000
	EOF
	races_end
	flood_stop f4
	flood_stop f6
	ip -n $A -batch - <<-EOF
	link set eth0 up mtu 1500
	address replace $A_IP6/64 dev eth0 nodad
	EOF
	ip -n $A link del $DEV 2>/dev/null || :
	for dev in fl2 fl3 eth9; do
		ip -n $A link del $dev 2>/dev/null || :
	done
	ours A
	peer A B
	talk A B
}

# Namespaces with devices, entries and traffic come and go while others dump.
test_race_namespaces() {
	local end

	pair ours ours
	race_traffic
	race readers <<-EOF
	subnet-get - +dump
	stats-get - +dump
	getlink $DEV
	EOF
	clock
	end=$((CLOCK + SECONDS_EACH * 100))
	while [ $CLOCK -lt $end ]; do
		nsctl +ft-x
		fl_x link add $DEV
		ip -n ft-x -batch - <<-EOF
		link set $DEV up
		address add 10.9.0.1/32 dev $DEV
		route add 10.8.0.0/16 via $ONLINK4 dev $DEV onlink
		EOF
		fl_x subnet add 10.8.1.0/24 via 127.0.0.2 lladdr $B_MAC4 dev $DEV 2>/dev/null || :
		fl_x subnet add 10.8.0.0/16 via 10.9.0.1 lladdr $B_MAC4 dev $DEV
		pkt ft-x encap=none src=10.9.0.1 dst=10.8.0.1 proto=udp count=20
		ip netns del ft-x
		clock
	done
	SECONDS_EACH=0
	races_end
	flood_stop f4
	flood_stop f6
	talk A B
}

fl_x()
{
	flanctl-genl -n ft-x "$@"
}

# The module goes and comes while someone makes devices and asks the family.
test_race_module() {
	local n

	nodes A B
	for n in 1 2 3 4 5; do
		ours A
		ours B
		peers 4 6 A B
		flood_start gone $A $B_BASE4 -i 500
		race table <<-EOF
		subnet-new $DEV fill=200
		subnet-flush $DEV
		subnet-get - +dump
		stats-get - +dump
		EOF
		race links 2 <<-EOF
		setlink $DEV data{ rx-mode=1 }
		setlink $DEV data{ rx-mode=0 }
		setlink $DEV down
		setlink $DEV up
		EOF
		module_unload || diag "round $n: the module is in use"
		stop_daemon "$T/table.pid"
		stop_daemon "$T/links.pid"
		stop_daemon "$T/gone.pid"
		module_is_loaded && module_unload
		module_load
	done
}

# 131 072 entries are dumped while others are written and deleted: every dump
# is complete, or says that it may not be.
test_big_dump_under_churn() {
	module_unload
	module_load max_subnets=140000
	nodes A
	ours A
	awk 'BEGIN { for (i = 0; i < 131072; i++)
		printf "10.%d.%d.%d/25 via 172.16.0.%d lladdr 02:00:00:00:00:%02x\n",
			i / 512, int(i / 2) % 256, i % 2 * 128,
			i % 200 + 1, i % 200 }' > "$T/load"
	fl A subnet load "$T/load" dev $DEV owner sync
	dumpcheck -r 1 $A $DEV 131072
	race churn <<-EOF
	subnet-new $DEV subnet{ prefix=172.16.0.0 prefix-len=24 local }
	subnet-new $DEV subnet{ prefix=172.16.1.0 prefix-len=24 local owner=x }
	subnet-new $DEV subnet{ prefix=9.1.0.0 prefix-len=24 local }
	subnet-del $DEV subnet{ prefix=172.16.0.0 prefix-len=24 }
	subnet-del $DEV subnet{ prefix=9.1.0.0 prefix-len=24 }
	subnet-new $DEV subnet{ prefix=10.200.0.0 prefix-len=25 via=172.16.0.77 lladdr=020000000077 }
	EOF
	dumpcheck -r 4 -a $A $DEV 131072
	stop_daemon "$T/churn.pid"
	dumpcheck -r 1 $A $DEV 131072 > "$T/out"
	shows "$T/out" "flagged=0"
	# The module goes right after all of it was deleted.
	fl A subnet flush dev $DEV
	module_unload
	module_load
}
