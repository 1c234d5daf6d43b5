// SPDX-License-Identifier: GPL-2.0
/*
 * xdp: generic XDP on a link, for as long as this runs.
 *
 *   xdp -p PIDFILE NETNS LINK pass|drop|tx
 *
 * Goes into the background once the program is attached.
 */

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* r0 = VERDICT; exit */
static int load(unsigned int verdict)
{
	struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	attr.expected_attach_type = BPF_XDP;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("BPF_PROG_LOAD");
	return fd;
}

static int attach(int program, const char *link)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = program;
	attr.link_create.target_ifindex = if_nametoindex(link);
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = XDP_FLAGS_SKB_MODE;
	fd = bpf(BPF_LINK_CREATE, &attr);
	if (fd < 0)
		die("BPF_LINK_CREATE on %s", link);
	return fd;
}

static void on_term(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	unsigned int verdict = XDP_PASS;
	int link;

	if (argc != 6 || strcmp(argv[1], "-p"))
		die("usage: xdp -p PIDFILE NETNS LINK pass|drop|tx");
	if (!strcmp(argv[5], "drop"))
		verdict = XDP_DROP;
	else if (!strcmp(argv[5], "tx"))
		verdict = XDP_TX;
	enter_netns(argv[3]);
	daemon_start(argv[2]);
	link = attach(load(verdict), argv[4]);
	signal(SIGTERM, on_term);
	signal(SIGALRM, on_term);
	daemon_ready();
	alarm(120);
	pause();
	close(link);
	unlink(argv[2]);
	return 0;
}
