// SPDX-License-Identifier: GPL-2.0
/*
 * nlfuzz: netlink requests that are almost right.
 *
 *   nlfuzz [-s SEED] COUNT NETNS       stdin: lines "REQUEST", all of them right
 *
 * COUNT times a REQUEST (spec.h) is taken at random, one to three of its
 * attributes are damaged, and it is sent. What the kernel refuses must have
 * left every table as it was; what it takes is its own business. Prints how
 * many were taken and refused; exit code 1: a refused request changed a table.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/flannel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "spec.h"

#define LINES_MAX	256

static struct request request;
static int route, generic;
static unsigned int family;

static unsigned int below(unsigned int limit)
{
	return random() % limit;
}

static struct nlattr *attr_at(unsigned int offset)
{
	return (struct nlattr *)(request.msg.data + offset);
}

/* Lengths at which parsers stumble, in bytes of payload. */
static unsigned int odd_length(unsigned int is)
{
	static const unsigned int lengths[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 32, 64, 0xfffb,
	};

	return below(2) ? lengths[below(sizeof(lengths) / sizeof(lengths[0]))] :
			  is + below(9) - 4;
}

static void damage_value(struct nlattr *attr)
{
	unsigned char *byte = (unsigned char *)(attr + 1);
	unsigned int len = attr->nla_len - NLA_HDRLEN;

	if ((unsigned int)attr->nla_len <= NLA_HDRLEN ||
	    byte + len > request.msg.data + request.msg.len)
		return;
	switch (below(4)) {
	case 0:
		memset(byte, 0, len);
		break;
	case 1:
		memset(byte, 0xff, len);
		break;
	default:
		byte[below(len)] ^= 1 << below(8);
	}
}

/*
 * Another copy of the attribute at the end of the message. Not of a link's:
 * there it would be one of rtnetlink's own, a new name for instance.
 */
static void repeat(const struct nlattr *attr)
{
	unsigned char copy[512];
	unsigned int len = attr->nla_len;

	if (request.protocol == NETLINK_ROUTE || len < NLA_HDRLEN || len > sizeof(copy) ||
	    (const unsigned char *)attr + len > request.msg.data +
	    request.msg.len)
		return;
	memcpy(copy, attr, len);
	nl_put(&request.msg, attr->nla_type, copy + NLA_HDRLEN,
	       len - NLA_HDRLEN);
}

static void damage(void)
{
	unsigned int offset = request.mark[below(request.marks)].offset;
	struct nlattr *attr = attr_at(offset);

	if (offset + sizeof(*attr) > request.msg.len)
		return;
	switch (below(7)) {
	case 0:
		attr->nla_len = NLA_HDRLEN + odd_length(attr->nla_len);
		break;
	case 1:
		attr->nla_len = below(NLA_HDRLEN);
		break;
	case 2:
		attr->nla_type = (attr->nla_type & ~NLA_TYPE_MASK) | below(40);
		break;
	case 3:
		attr->nla_type ^= NLA_F_NESTED << below(2);
		break;
	case 4:
		repeat(attr);
		break;
	case 5:
		if (below(4))
			break;
		request.msg.len = offset + below(request.msg.len - offset);
		break;
	default:
		damage_value(attr);
	}
}

/* All tables of the namespace, as a sum. */
static void add_message(const struct nlmsghdr *nlh, void *context)
{
	const unsigned char *byte = (const unsigned char *)nlh;
	unsigned int i;
	uint64_t *sum = context;

	for (i = sizeof(*nlh); i < nlh->nlmsg_len; i++)
		*sum = *sum * 1099511628211ULL + byte[i];
}

static uint64_t tables(void)
{
	static struct request dump;
	char text[] = "subnet-get - +dump";
	struct nl_answer answer;
	uint64_t sum = 0;

	request_build(&dump, text, family);
	nl_talk(generic, &dump.msg, &answer, add_message, &sum);
	if (answer.error)
		die("no dump: %s", strerror(answer.error));
	return sum;
}

static bool one(const char *line, unsigned int *refused)
{
	struct nl_answer answer;
	char copy[4096];
	uint64_t before;
	unsigned int n;

	snprintf(copy, sizeof(copy), "%s", line);
	request_build(&request, copy, family);
	if (!request.marks)
		die("no attributes: %s", line);
	for (n = 1 + below(3); n; n--)
		damage();
	before = tables();
	nl_talk(request.protocol == NETLINK_ROUTE ? route : generic,
		&request.msg, &answer, NULL, NULL);
	if (answer.error == EAGAIN)
		die("no answer to: %s", line);
	if (!answer.error)
		return true;
	++*refused;
	if (tables() == before)
		return true;
	printf("changed although refused (%s %s): %s\n",
	       strerrorname_np(answer.error), answer.text, line);
	return false;
}

int main(int argc, char **argv)
{
	unsigned int seed = 1, lines = 0, count, i, refused = 0;
	char *line[LINES_MAX], *text = NULL;
	size_t size = 0;
	bool good = true;

	if (argc == 5 && !strcmp(argv[1], "-s")) {
		seed = need_number(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc != 3)
		die("usage: nlfuzz [-s SEED] COUNT NETNS");
	count = need_number(argv[1]);
	enter_netns(argv[2]);
	route = nl_open(NETLINK_ROUTE);
	generic = nl_open(NETLINK_GENERIC);
	family = nl_family(generic, "flannel");
	while (lines < LINES_MAX && getline(&text, &size, stdin) > 0) {
		text[strcspn(text, "\n")] = '\0';
		if (*text && *text != '#')
			line[lines++] = strdup(text);
	}
	errno = 0;
	if (!family || !lines)
		die("no generic netlink family flannel, or no requests");

	srandom(seed);
	for (i = 0; i < count; i++)
		good &= one(line[below(lines)], &refused);
	printf("%u requests, %u refused\n", count, refused);
	return good ? 0 : 1;
}
