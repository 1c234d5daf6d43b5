// SPDX-License-Identifier: GPL-2.0
/*
 * dumpcheck: dumps of a big table hold every entry once, or say they may not.
 *
 *   dumpcheck [-r ROUNDS] [-a] NETNS DEVICE COUNT
 *
 * The table holds the first COUNT subnets 10.x.y.z/25 (index << 7), which do
 * not change, and others that may. A dump in which one of the first is missing
 * or there twice has to carry NLM_F_DUMP_INTR; -a: one more dump is left
 * half-read at the end. Prints rounds=N flagged=N; exit code 1: a wrong dump.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/flannel.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "nl.h"

static struct {
	unsigned char *count;
	uint32_t size, seen, twice;
} table;

static void take_subnet(const struct nlattr *nest)
{
	const struct nlattr *attr;
	uint32_t prefix = 0;
	unsigned int len = 0;

	NL_FOR_EACH(attr, NL_DATA(nest),
		    (const char *)NL_DATA(nest) + NL_LEN(nest)) {
		if (attr->nla_type == FLANNEL_A_SUBNET_PREFIX &&
		    NL_LEN(attr) == 4)
			memcpy(&prefix, NL_DATA(attr), 4);
		else if (attr->nla_type == FLANNEL_A_SUBNET_PREFIX_LEN)
			len = *(const uint8_t *)NL_DATA(attr);
	}
	prefix = ntohl(prefix);
	if (len != 25 || prefix >> 24 != 10)
		return;
	prefix = (prefix & 0xffffff) >> 7;
	if (prefix >= table.size)
		return;
	table.seen += !table.count[prefix];
	table.twice += table.count[prefix] == 1;
	table.count[prefix] = table.count[prefix] ? 2 : 1;
}

static void take_message(const struct nlmsghdr *nlh, void *context)
{
	const char *at = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *attr;

	(void)context;
	NL_FOR_EACH(attr, at, (const char *)nlh + nlh->nlmsg_len)
		if ((attr->nla_type & NLA_TYPE_MASK) == FLANNEL_A_SUBNET)
			take_subnet(attr);
}

static void ask(struct nl_msg *msg, unsigned int family, uint32_t index)
{
	struct genlmsghdr genl = { .cmd = FLANNEL_CMD_SUBNET_GET, .version = 1 };

	nl_begin(msg, family, NLM_F_DUMP, &genl, sizeof(genl));
	nl_put(msg, FLANNEL_A_IFINDEX, &index, 4);
}

int main(int argc, char **argv)
{
	unsigned int rounds = 3, flagged = 0, wrong = 0, i, family;
	static struct nl_msg msg;
	struct nl_answer answer;
	bool abandon = false;
	int option, fd;
	uint32_t index;

	while ((option = getopt(argc, argv, "r:a")) != -1) {
		if (option == 'r')
			rounds = need_number(optarg);
		else if (option == 'a')
			abandon = true;
		else
			return EXIT_USAGE;
	}
	if (argc - optind != 3)
		die("usage: dumpcheck [-r ROUNDS] [-a] NETNS DEVICE COUNT");
	enter_netns(argv[optind]);
	index = nl_link(argv[optind + 1]);
	table.size = need_number(argv[optind + 2]);
	table.count = calloc(table.size, 1);
	fd = nl_open(NETLINK_GENERIC);
	family = nl_family(fd, "flannel");
	if (!index || !family || !table.count)
		die("no device or no family");

	for (i = 0; i < rounds; i++) {
		memset(table.count, 0, table.size);
		table.seen = 0;
		table.twice = 0;
		ask(&msg, family, index);
		nl_talk(fd, &msg, &answer, take_message, NULL);
		if (answer.error) {
			errno = answer.error;
			die("dump: %s", answer.text);
		}
		flagged += answer.interrupted;
		if (table.seen == table.size && !table.twice)
			continue;
		if (answer.interrupted)
			continue;
		printf("%u of %u, %u twice, and not flagged\n", table.seen,
		       table.size, table.twice);
		wrong++;
	}
	if (abandon) {
		ask(&msg, family, index);
		if (nl_send(fd, &msg))
			(void)!recv(fd, msg.data, 4096, MSG_TRUNC);
	}
	printf("rounds=%u flagged=%u\n", rounds, flagged);
	return wrong ? 1 : 0;
}
