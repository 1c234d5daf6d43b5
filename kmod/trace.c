// SPDX-License-Identifier: GPL-2.0
/* Counting and tracing of drops. The only user of the tracepoint: it costs
 * nothing on the way of packets that are not dropped.
 */
#include <linux/netdevice.h>

#include "addr.h"
#include "drop.h"

static void flannel_trace_addr(u8 *to, const struct flannel_addr *addr)
{
	memset(to, 0, 16);
	if (!addr)
		return;
	if (addr->family == FLANNEL_V6) {
		memcpy(to, &addr->ip6, 16);
		return;
	}
	/* A packet that was not read so far has 0.0.0.0 here. */
	if (!addr->ip4)
		return;
	memset(to + 10, 0xff, 2);
	memcpy(to + 12, &addr->ip4, 4);
}

#define CREATE_TRACE_POINTS
#include "trace.h"

#define FLANNEL_DROP_CORE(name, core) \
	[FLANNEL_DROP_##name] = SKB_DROP_REASON_##core,

static const enum skb_drop_reason core_reasons[] = {
	FLANNEL_DROPS(FLANNEL_DROP_CORE)
};

/**
 * flannel_drop_note - count and trace a drop
 * @drops: counters, of a device or a socket
 * @dev: the device, NULL where the packet did not get that far
 * @why: the reason
 * @outer: outer source address, or NULL
 * @inner: inner address that was refused, or NULL
 *
 * Context: any.
 */
void flannel_drop_note(struct flannel_drops __percpu *drops,
		       const struct net_device *dev, enum flannel_drop why,
		       const struct flannel_addr *outer,
		       const struct flannel_addr *inner)
{
	BUILD_BUG_ON(ARRAY_SIZE(core_reasons) != FLANNEL_DROP_MAX + 1);

	this_cpu_inc(drops->count[why]);
	trace_flannel_drop(dev, why, outer, inner);
}

/**
 * flannel_drop_free - free a dropped packet
 * @skb: the packet
 * @why: the reason, told to the core as far as it has a word for it
 *
 * Context: any.
 */
void flannel_drop_free(struct sk_buff *skb, enum flannel_drop why)
{
	kfree_skb_reason(skb, core_reasons[why]);
}

/**
 * flannel_drop_read - sum up a counter
 * @drops: counters
 * @why: which one
 *
 * Context: any.
 * Return: packets dropped for that reason.
 */
u64 flannel_drop_read(const struct flannel_drops __percpu *drops,
		      enum flannel_drop why)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(drops, cpu)->count[why]);
	return sum;
}
