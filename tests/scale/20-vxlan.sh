#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same as 10-host-gw.sh with vxlan and the module, beside an etcd in the debug
# kernel, where all of it takes many times as long: the limit is not the one
# that is meant, the figures are shown. With UML_FLAVOUR=plain, which is a kernel
# that looks for no mistakes, it is. Prints TAP.
. "$(dirname "$0")/uml.sh"

if ! command -v etcd > /dev/null; then
	echo "1..0 # SKIP etcd is not installed"
	exit 0
fi
limit=30
[ "${UML_FLAVOUR:-}" != plain ] || limit=1
in_guest <<GUEST
#!/bin/sh
modprobe flannel || exit 1
export FLANNEL_PEERS=${FLANNEL_PEERS:-5000}
export FLANNEL_CHURN_SECONDS=${FLANNEL_CHURN_SECONDS:-5}
exec /run/flannel/tests/scale/peers.py vxlan flanctl-genl $limit
GUEST
