# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The cluster demo's registry: a directory that all nodes share. Source it after
# show.sh, hosts.sh and agents.sh.

DIRECTORY=/tmp/registry

registry_start()
{
	mkdir -p $DIRECTORY/subnets
}

registry_log()
{
	ls -lR $DIRECTORY
}

registry_config()
{
	echo "$1" > $DIRECTORY/config
}

# registry_node NODE NUMBER: what has to be there before a node joins.
registry_node()
{
	:
}

registry_flags()
{
	echo "--registry=file:$DIRECTORY"
}

registry_show()
{
	run flanctl-genl registry show file:$DIRECTORY
}

# registry_remove NODE
registry_remove()
{
	run rm "$DIRECTORY/subnets/$(subnet "$1" | tr / -)"
}
