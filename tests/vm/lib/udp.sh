# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086,SC2154 # names without blanks, of topology.sh
# Nodes that speak the udp backend.

UDP='port 0 udp-port 8285'

# udp_peer NODE OTHER [OUTER4 [OUTER6]]: NODE learns the subnets of OTHER, IPv4
# carried over underlay family OUTER4 (4), IPv6 over OUTER6 (6).
udp_peer()
{
	local ns via4 via6

	eval "ns=\$$1"
	of $2
	eval "via4=\$IP${3:-4} via6=\$IP${4:-6}"
	flanctl-genl -n $ns -b - <<-BATCH
	subnet replace $NET4 via $via4 encap udp dev $DEV
	subnet replace $NET6 via $via6 encap udp dev $DEV
	BATCH
}

# udp_pair [LINK ATTRIBUTE...]: nodes A and B of ours with pods, on udp only.
udp_pair()
{
	nodes A B
	pods A B
	ours A $UDP
	ours B $UDP "$@"
	udp_peer A B
	udp_peer B A
}
