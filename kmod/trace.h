/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM flannel

#if !defined(_FLANNEL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _FLANNEL_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>

#include "addr.h"
#include "drop.h"

#define FLANNEL_DROP_DEFINE(name, core)	TRACE_DEFINE_ENUM(FLANNEL_DROP_##name);
FLANNEL_DROPS(FLANNEL_DROP_DEFINE)
#undef FLANNEL_DROP_DEFINE

#define FLANNEL_DROP_SYMBOL(name, core)	{ FLANNEL_DROP_##name, #name },

/* Addresses are v4-mapped where they are IPv4, and :: where none is known. */
TRACE_EVENT(flannel_drop,
	TP_PROTO(const struct net_device *dev, enum flannel_drop why,
		 const struct flannel_addr *outer,
		 const struct flannel_addr *inner),
	TP_ARGS(dev, why, outer, inner),

	TP_STRUCT__entry(
		__string(name, dev ? dev->name : "-")
		__field(u32, why)
		__array(u8, outer, 16)
		__array(u8, inner, 16)
	),

	TP_fast_assign(
		flannel_compat_assign_str(name, dev ? dev->name : "-");
		__entry->why = why;
		flannel_trace_addr(__entry->outer, outer);
		flannel_trace_addr(__entry->inner, inner);
	),

	TP_printk("dev=%s why=%s outer_src=%pI6c inner=%pI6c",
		  __get_str(name),
		  __print_symbolic(__entry->why,
				   FLANNEL_DROPS(FLANNEL_DROP_SYMBOL)
				   { -1, "" }),
		  __entry->outer, __entry->inner)
);

#endif /* _FLANNEL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
