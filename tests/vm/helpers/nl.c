// SPDX-License-Identifier: GPL-2.0
/* Netlink without a library: helpers say what a library would not. */

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "nl.h"

int nl_open(int protocol)
{
	struct timeval tv = { .tv_sec = 20 };
	int fd, one = 1, size = 4 << 20;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		die("netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void append(struct nl_msg *msg, const void *data, size_t len)
{
	if (msg->len + NLA_ALIGN(len) > sizeof(msg->data))
		die("message too long");
	if (len)
		memcpy(msg->data + msg->len, data, len);
	memset(msg->data + msg->len + len, 0, NLA_ALIGN(len) - len);
	msg->len += NLA_ALIGN(len);
}

void nl_begin(struct nl_msg *msg, unsigned int type, unsigned int flags,
	      const void *header, size_t header_len)
{
	static unsigned int seq;
	struct nlmsghdr nlh = {
		.nlmsg_type = type,
		.nlmsg_flags = flags | NLM_F_REQUEST,
		.nlmsg_seq = ++seq,
	};

	/* Of its two bits, one is NLM_F_EXCL as well. */
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh.nlmsg_flags |= NLM_F_ACK;
	msg->len = 0;
	append(msg, &nlh, sizeof(nlh));
	append(msg, header, header_len);
}

void nl_put(struct nl_msg *msg, unsigned int type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	append(msg, &attr, sizeof(attr));
	append(msg, data, len);
}

size_t nl_nest(struct nl_msg *msg, unsigned int type)
{
	size_t nest = msg->len;

	nl_put(msg, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nl_nest_end(struct nl_msg *msg, size_t nest)
{
	((struct nlattr *)(msg->data + nest))->nla_len = msg->len - nest;
}

/* The extended acknowledgment, from AT on. */
static void take_extack(const struct nlmsghdr *nlh, const char *at,
			struct nl_answer *answer)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	NL_FOR_EACH(attr, at, (const char *)nlh + nlh->nlmsg_len) {
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(answer->text, sizeof(answer->text), "%.*s",
				 (int)NL_LEN(attr), (const char *)NL_DATA(attr));
		else if (attr->nla_type == NLMSGERR_ATTR_OFFS)
			memcpy(&answer->attr_offset, NL_DATA(attr), 4);
		else if ((attr->nla_type & NLA_TYPE_MASK) ==
			 NLMSGERR_ATTR_POLICY)
			answer->policy = true;
	}
}

static void take_ack(const struct nlmsghdr *nlh, struct nl_answer *answer)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	const char *at = (const char *)(err + 1);

	answer->error = -err->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	take_extack(nlh, at, answer);
}

static void take_done(const struct nlmsghdr *nlh, struct nl_answer *answer)
{
	int error = 0;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return;
	memcpy(&error, NLMSG_DATA(nlh), sizeof(error));
	answer->error = -error;
	take_extack(nlh, (const char *)NLMSG_DATA(nlh) + sizeof(error),
		    answer);
}

bool nl_send(int fd, struct nl_msg *msg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	((struct nlmsghdr *)msg->data)->nlmsg_len = msg->len;
	return sendto(fd, msg->data, msg->len, 0, (void *)&kernel,
		      sizeof(kernel)) == (ssize_t)msg->len;
}

void nl_receive(int fd, struct nl_msg *msg, struct nl_answer *answer,
		nl_each each, void *context)
{
	_Alignas(8) static unsigned char buffer[1 << 18];
	unsigned int seq = ((struct nlmsghdr *)msg->data)->nlmsg_seq;

	memset(answer, 0, sizeof(*answer));
	for (;;) {
		ssize_t len = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *nlh = (struct nlmsghdr *)buffer;

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			answer->error = len ? errno : EIO;
			return;
		}
		for (; NLMSG_OK(nlh, (size_t)len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				answer->interrupted = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				take_ack(nlh, answer);
				return;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				take_done(nlh, answer);
				return;
			}
			answer->messages++;
			if (each)
				each(nlh, context);
		}
	}
}

void nl_talk(int fd, struct nl_msg *msg, struct nl_answer *answer,
	     nl_each each, void *context)
{
	if (nl_send(fd, msg)) {
		nl_receive(fd, msg, answer, each, context);
		return;
	}
	memset(answer, 0, sizeof(*answer));
	answer->error = errno;
}

static void take_family(const struct nlmsghdr *nlh, void *context)
{
	const char *at = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *attr;

	NL_FOR_EACH(attr, at, (const char *)nlh + nlh->nlmsg_len)
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			*(unsigned int *)context =
				*(const uint16_t *)NL_DATA(attr);
}

unsigned int nl_family(int fd, const char *name)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	static struct nl_msg msg;
	struct nl_answer answer;
	unsigned int id = 0;

	nl_begin(&msg, GENL_ID_CTRL, 0, &genl, sizeof(genl));
	nl_put(&msg, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	nl_talk(fd, &msg, &answer, take_family, &id);
	return answer.error ? 0 : id;
}

static void take_index(const struct nlmsghdr *nlh, void *context)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(nlh);

	*(unsigned int *)context = ifi->ifi_index;
}

unsigned int nl_link(const char *name)
{
	struct ifinfomsg ifi = { 0 };
	static struct nl_msg msg;
	struct nl_answer answer;
	unsigned int index = 0;
	int fd = nl_open(NETLINK_ROUTE);

	nl_begin(&msg, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nl_put(&msg, IFLA_IFNAME, name, strlen(name) + 1);
	nl_talk(fd, &msg, &answer, take_index, &index);
	close(fd);
	return index;
}
