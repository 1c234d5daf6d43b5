// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One agent a device of a network namespace, whatever container it runs in: it
 * holds a name among the namespace's sockets, which is free again when the
 * process has ended. Anybody can have such a name, so it counts only where
 * root or our own user has it.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../error.h"
#include "sole.h"

/**
 * struct holder - Who has a name.
 * @name: The name, its first byte is zero.
 * @len: Its length.
 * @found: Somebody has it.
 * @uid: That user.
 */
struct holder {
	const char *name;
	size_t len;
	bool found;
	uid_t uid;
};

static int on_socket(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[UNIX_DIAG_MAX + 1];
	struct holder *h = arg;

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct unix_diag_msg), attr,
			UNIX_DIAG_MAX, NULL) ||
	    !attr[UNIX_DIAG_NAME] || !attr[UNIX_DIAG_UID] ||
	    (size_t)nla_len(attr[UNIX_DIAG_NAME]) != h->len ||
	    memcmp(nla_data(attr[UNIX_DIAG_NAME]), h->name, h->len))
		return NL_OK;
	h->found = true;
	h->uid = nla_get_u32(attr[UNIX_DIAG_UID]);
	return NL_OK;
}

static void find_holder(struct nl_sock *sk, struct holder *h)
{
	struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ~0u,
		.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_UID,
	};

	if (nl_connect(sk, NETLINK_SOCK_DIAG))
		return;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_socket, h);
	if (nl_send_simple(sk, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req,
			   sizeof(req)) < 0 ||
	    nl_recvmsgs_default(sk) < 0)
		h->found = false;
}

/* Where the kernel does not tell, it is an agent. */
static bool is_strangers(struct holder *h)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (!sk)
		return false;
	find_holder(sk, h);
	nl_socket_free(sk);
	return h->found && h->uid && h->uid != geteuid();
}

static int hold(int fd, const struct sockaddr_un *name, size_t len)
{
	struct holder h = { .name = name->sun_path, .len = len };

	if (!bind(fd, (const struct sockaddr *)name,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return 0;
	if (errno != EADDRINUSE || !is_strangers(&h))
		return -1;
	warning("agent: user %u has taken the name that keeps a second agent off: nothing does now",
		h.uid);
	return 0;
}

/**
 * sole_hold - Be the only agent of a device
 * @vni: The device's VNI, 0 where the backend has no device.
 * @backend: Name of the backend.
 *
 * Return: A descriptor that keeps others off until it is closed, or -1:
 * another agent has it.
 */
int sole_hold(uint32_t vni, const char *backend)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t len;

	len = (size_t)snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			       "flanctl-genl-agent/%u/%s", vni, backend) + 1;
	if (fd >= 0 && hold(fd, &name, len)) {
		close(fd);
		fd = -1;
	}
	return fd;
}
