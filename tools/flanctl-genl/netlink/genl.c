// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The table, over the module's generic netlink family.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include <linux/flannel.h>

#include "answer.h"
#include "request.h"

/* A message stays well below a socket's default send buffer. */
#define BATCH_BYTES	(128 * 1024)

#define REQUEST_BYTES	256

static const struct attr_name subnet_names[] = {
	[FLANNEL_A_SUBNET_PREFIX] = { .name = "prefix" },
	[FLANNEL_A_SUBNET_PREFIX_LEN] = { .name = "prefix length" },
	[FLANNEL_A_SUBNET_LOCAL] = { .name = "local" },
	[FLANNEL_A_SUBNET_VIA] = { .name = "via" },
	[FLANNEL_A_SUBNET_LLADDR] = { .name = "lladdr" },
	[FLANNEL_A_SUBNET_ENCAP] = { .name = "encap" },
	[FLANNEL_A_SUBNET_SRC] = { .name = "src" },
	[FLANNEL_A_SUBNET_OWNER] = { .name = "owner" },
	[FLANNEL_A_SUBNET_GENERATION] = { .name = "generation" },
};

static const struct attr_name request_names[] = {
	[FLANNEL_A_IFINDEX] = { .name = "dev" },
	[FLANNEL_A_SUBNET] = {
		.nested = subnet_names,
		.count = FLANNEL_A_SUBNET_MAX + 1,
		.entries = true,
	},
	[FLANNEL_A_OWNER] = { .name = "owner" },
	[FLANNEL_A_GENERATION] = { .name = "generation" },
	[FLANNEL_A_ADDRESS] = { .name = "address" },
};

/**
 * genl_open - Find the module's family
 * @nl: The connection.
 *
 * Return: 0 or negative errno.
 */
int genl_open(struct netlink *nl)
{
	int err = socket_open(nl, NETLINK_GENERIC, &nl->genl);

	if (err || nl->family)
		return err;
	err = genl_ctrl_resolve(nl->genl, FLANNEL_GENL_NAME);
	if (err == -NLE_OBJ_NOTFOUND)
		return netlink_fail(nl, -ENOENT, "kernel module 'flannel' is not loaded: modprobe flannel");
	if (err < 0)
		return netlink_fail(nl, -EIO, "cannot find the kernel module's netlink family: %s",
				    nl_geterror(err));
	nl->family = err;
	return 0;
}

/**
 * genl_group - Find a group of the module's notifications
 * @nl: The connection, after genl_open().
 * @name: Its name.
 * @group: Where its number goes.
 *
 * Return: 0 or negative errno.
 */
int genl_group(struct netlink *nl, const char *name, int *group)
{
	*group = genl_ctrl_resolve_grp(nl->genl, FLANNEL_GENL_NAME, name);
	return *group < 0 ? socket_join_failed(nl, *group) : 0;
}

/* Begin a request; the caller fills it up to @room bytes and then calls
 * request_finish() or request_dump().
 */
static int begin(struct netlink *nl, struct exchange *x, int cmd, int flags,
		 size_t room)
{
	int err = genl_open(nl);

	memset(x, 0, sizeof(*x));
	if (err)
		return err;
	x->nl = nl;
	x->sk = nl->genl;
	x->header = GENL_HDRLEN;
	x->names = request_names;
	x->count = sizeof(request_names) / sizeof(request_names[0]);
	x->request = nlmsg_alloc_size(room + REQUEST_BYTES);
	if (!x->request || !genlmsg_put(x->request, 0, 0, nl->family, 0, flags,
					cmd, FLANNEL_GENL_VERSION)) {
		nlmsg_free(x->request);
		return netlink_fail(nl, -ENOMEM, "out of memory");
	}
	return 0;
}

static int put_ifindex(struct nl_msg *msg, uint32_t ifindex)
{
	return ifindex ? nla_put_u32(msg, FLANNEL_A_IFINDEX, ifindex) : 0;
}

static int put_owner(struct nl_msg *msg, int type, const char *owner)
{
	return owner && *owner ? nla_put_string(msg, type, owner) : 0;
}

static int put_addr(struct nl_msg *msg, int type, const struct addr *a)
{
	return nla_put(msg, type, a->len, a->b);
}

static int put_prefix(struct nl_msg *msg, const struct prefix *p)
{
	return put_addr(msg, FLANNEL_A_SUBNET_PREFIX, &p->addr) +
	       nla_put_u8(msg, FLANNEL_A_SUBNET_PREFIX_LEN, p->len);
}

static int put_vtep(struct nl_msg *msg, const struct subnet *s)
{
	unsigned int i;
	int err;

	err = put_addr(msg, FLANNEL_A_SUBNET_VIA, &s->via);
	err += nla_put_u8(msg, FLANNEL_A_SUBNET_ENCAP, s->encap);
	if (s->has_lladdr)
		err += nla_put(msg, FLANNEL_A_SUBNET_LLADDR,
			       sizeof(s->lladdr), &s->lladdr);
	for (i = 0; i < s->src_count; i++)
		err += put_addr(msg, FLANNEL_A_SUBNET_SRC, &s->src[i]);
	return err;
}

static int put_subnet(struct nl_msg *msg, const struct subnet *s)
{
	struct nlattr *nest = nla_nest_start(msg, FLANNEL_A_SUBNET |
						  NLA_F_NESTED);
	int err;

	if (!nest)
		return -1;
	err = put_prefix(msg, &s->prefix);
	if (s->local)
		err += nla_put_flag(msg, FLANNEL_A_SUBNET_LOCAL);
	else
		err += put_vtep(msg, s);
	err += put_owner(msg, FLANNEL_A_SUBNET_OWNER, s->owner);
	if (s->generation)
		err += nla_put_u32(msg, FLANNEL_A_SUBNET_GENERATION,
				   s->generation);
	nla_nest_end(msg, nest);
	return err;
}

static int put_key(struct nl_msg *msg, const struct subnet *s)
{
	struct nlattr *nest = nla_nest_start(msg, FLANNEL_A_SUBNET |
						  NLA_F_NESTED);
	int err;

	if (!nest)
		return -1;
	err = put_prefix(msg, &s->prefix);
	nla_nest_end(msg, nest);
	return err;
}

/* Room that an entry takes in a request, at most. */
static size_t subnet_size(const struct subnet *s)
{
	return (size_t)(nla_total_size(0) + 2 * nla_total_size(16) +
			2 * nla_total_size(1) + nla_total_size(6) +
			nla_total_size(FLANNEL_OWNER_MAX + 1) +
			nla_total_size(4) + s->src_count * nla_total_size(16));
}

/**
 * table_batch - How many entries fit into one request
 * @v: The entries.
 * @n: How many there are.
 *
 * Return: A number up to @n; above 0 unless @n is 0.
 */
size_t table_batch(const struct subnet *v, size_t n)
{
	size_t bytes = 0, i;

	for (i = 0; i < n && i < FLANNEL_BATCH_MAX; i++) {
		bytes += subnet_size(&v[i]);
		if (bytes > BATCH_BYTES)
			break;
	}
	return i;
}

static int write_batch(struct netlink *nl, int cmd, bool exclusive,
		       uint32_t ifindex, const struct subnet *v, size_t n,
		       int (*put)(struct nl_msg *, const struct subnet *),
		       struct counts *c)
{
	struct exchange x;
	size_t room = 0, i;
	int err;

	for (i = 0; i < n; i++)
		room += subnet_size(&v[i]);
	err = begin(nl, &x, cmd, 0, room + nla_total_size(0));
	if (err)
		return err;
	x.valid = answer_counts;
	x.arg = c;
	err = put_ifindex(x.request, ifindex);
	if (exclusive)
		err += nla_put_flag(x.request, FLANNEL_A_EXCL);
	for (i = 0; i < n; i++)
		err += put(x.request, &v[i]);
	return request_finish(&x, err);
}

/**
 * table_write - Write entries, all of them or none
 * @nl: The connection.
 * @ifindex: The device.
 * @v: The entries.
 * @n: How many, not more than table_batch() says.
 * @exclusive: Refuse what exists.
 * @c: What happened is added here.
 *
 * Return: 0 or negative errno.
 */
int table_write(struct netlink *nl, uint32_t ifindex, const struct subnet *v,
		size_t n, bool exclusive, struct counts *c)
{
	return write_batch(nl, FLANNEL_CMD_SUBNET_NEW, exclusive, ifindex, v,
			   n, put_subnet, c);
}

/**
 * table_delete - Remove entries by their keys, all of them or none
 * @nl: The connection.
 * @ifindex: The device.
 * @v: The entries, only the prefixes matter.
 * @n: How many, not more than table_batch() says.
 * @c: What happened is added here.
 *
 * Return: 0 or negative errno.
 */
int table_delete(struct netlink *nl, uint32_t ifindex, const struct subnet *v,
		 size_t n, struct counts *c)
{
	return write_batch(nl, FLANNEL_CMD_SUBNET_DEL, false, ifindex, v,
			   n, put_key, c);
}

/**
 * table_flush - Remove all entries, or all of one owner
 * @nl: The connection.
 * @ifindex: The device.
 * @owner: Owner tag, or NULL.
 * @c: What happened is added here.
 *
 * Return: 0 or negative errno.
 */
int table_flush(struct netlink *nl, uint32_t ifindex, const char *owner,
		struct counts *c)
{
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_SUBNET_FLUSH, 0, 0);

	if (err)
		return err;
	x.valid = answer_counts;
	x.arg = c;
	return request_finish(&x, put_ifindex(x.request, ifindex) +
				  put_owner(x.request, FLANNEL_A_OWNER, owner));
}

/**
 * table_sweep - Remove an owner's entries of other generations
 * @nl: The connection.
 * @ifindex: The device.
 * @owner: Owner tag.
 * @generation: The generation to keep.
 * @c: What happened is added here.
 *
 * Return: 0 or negative errno.
 */
int table_sweep(struct netlink *nl, uint32_t ifindex, const char *owner,
		uint32_t generation, struct counts *c)
{
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_SUBNET_SWEEP, 0, 0);

	if (err)
		return err;
	x.valid = answer_counts;
	x.arg = c;
	err = put_ifindex(x.request, ifindex);
	err += put_owner(x.request, FLANNEL_A_OWNER, owner);
	err += nla_put_u32(x.request, FLANNEL_A_GENERATION, generation);
	return request_finish(&x, err);
}

/**
 * table_get - Look an inner address up as the data path does
 * @nl: The connection.
 * @ifindex: The device.
 * @addr: The address.
 * @s: Where the entry goes that it matches longest.
 *
 * Return: 0 or negative errno.
 */
int table_get(struct netlink *nl, uint32_t ifindex, const struct addr *addr,
	      struct subnet *s)
{
	struct subnet_list list = {};
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_SUBNET_GET, 0, 0);

	if (err)
		return err;
	x.valid = answer_subnets;
	x.arg = &list;
	err = request_finish(&x, put_ifindex(x.request, ifindex) +
				 put_addr(x.request, FLANNEL_A_ADDRESS, addr));
	if (!err && !list.n)
		err = netlink_fail(nl, -ENOENT, "no subnet holds the address");
	if (!err)
		*s = list.v[0];
	subnet_list_free(&list);
	return err;
}

static void restart_subnets(void *arg)
{
	subnet_list_clear(arg);
}

/**
 * table_dump - All entries, in order
 * @nl: The connection.
 * @ifindex: The device, 0: all devices.
 * @owner: Only this owner's, or NULL.
 * @list: Where they go; freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int table_dump(struct netlink *nl, uint32_t ifindex, const char *owner,
	       struct subnet_list *list)
{
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_SUBNET_GET, NLM_F_DUMP, 0);

	if (err)
		return err;
	x.valid = answer_subnets;
	x.arg = list;
	return request_dump(&x, put_ifindex(x.request, ifindex) +
				put_owner(x.request, FLANNEL_A_OWNER, owner),
			    restart_subnets);
}

static void restart_vteps(void *arg)
{
	((struct vtep_list *)arg)->n = 0;
}

/**
 * table_vteps - All VTEPs with their counters
 * @nl: The connection.
 * @ifindex: The device, 0: all devices.
 * @list: Where they go; @list->v is freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int table_vteps(struct netlink *nl, uint32_t ifindex, struct vtep_list *list)
{
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_VTEP_GET, NLM_F_DUMP, 0);

	if (err)
		return err;
	x.valid = answer_vteps;
	x.arg = list;
	return request_dump(&x, put_ifindex(x.request, ifindex),
			    restart_vteps);
}

static void restart_stats(void *arg)
{
	((struct stats_list *)arg)->n = 0;
}

/**
 * table_stats - Size and drops of tables
 * @nl: The connection.
 * @ifindex: The device, 0: all devices.
 * @list: Where they go; @list->v is freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int table_stats(struct netlink *nl, uint32_t ifindex, struct stats_list *list)
{
	struct exchange x;
	int err = begin(nl, &x, FLANNEL_CMD_STATS_GET,
			ifindex ? 0 : NLM_F_DUMP, 0);

	if (err)
		return err;
	x.valid = answer_stats;
	x.arg = list;
	if (ifindex)
		return request_finish(&x, put_ifindex(x.request, ifindex));
	return request_dump(&x, 0, restart_stats);
}
