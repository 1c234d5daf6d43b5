// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl: manages flannel devices and their subnet tables. This file
 * says which objects there are, in the order in which abbreviations find them.
 */
#include "cmd/cmd.h"
#include "program.h"

static const struct object *const objects[] = {
	&link_object,
	&subnet_object,
	&vtep_object,
	&stats_object,
	&monitor_object,
	&sync_object,
	&registry_object,
	&agent_object,
	NULL,
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, objects);
}
