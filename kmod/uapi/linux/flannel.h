/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	kmod/uapi/flannel.yaml */
/* YNL-GEN uapi header */
/* YNL-ARG --function-prefix flannel_nl */
/* To regenerate run: kmod/uapi/regen.sh LINUX_TREE */

#ifndef _UAPI_LINUX_FLANNEL_H
#define _UAPI_LINUX_FLANNEL_H

#define FLANNEL_GENL_NAME	"flannel"
#define FLANNEL_GENL_VERSION	1

#define FLANNEL_OWNER_MAX	15
#define FLANNEL_SRC_MAX		8
#define FLANNEL_BATCH_MAX	1024

/**
 * enum flannel_encap - Wire format in which a VTEP is spoken to.
 * @FLANNEL_ENCAP_VXLAN: RFC 7348, as the kernel's vxlan driver under flannel.
 * @FLANNEL_ENCAP_UDP: flannel's legacy format, the bare inner packet as UDP
 *   payload.
 */
enum flannel_encap {
	FLANNEL_ENCAP_VXLAN,
	FLANNEL_ENCAP_UDP,

	/* private: */
	__FLANNEL_ENCAP_MAX,
	FLANNEL_ENCAP_MAX = (__FLANNEL_ENCAP_MAX - 1)
};

/**
 * enum flannel_drop - Why a packet was dropped (or an ICMP error was not
 *   believed).
 * @FLANNEL_DROP_TX_PROTOCOL: Not IPv4 or IPv6, truncated, or not what
 *   skb->protocol says.
 * @FLANNEL_DROP_TX_MULTICAST: To a multicast, broadcast or link-local address.
 * @FLANNEL_DROP_TX_MISS: No subnet in the table holds the destination.
 * @FLANNEL_DROP_TX_LOCAL: The destination lies in one of this node's own
 *   subnets.
 * @FLANNEL_DROP_TX_LOOP: The route to the VTEP leads back into this device, or
 *   a tunnel too many times.
 * @FLANNEL_DROP_TX_NO_ROUTE: No route to the VTEP.
 * @FLANNEL_DROP_TX_NO_SOCKET: The backend and underlay family have no socket
 *   on this device.
 * @FLANNEL_DROP_TX_TOO_BIG: Larger than the path to the VTEP takes; the sender
 *   was told, if there is a way to.
 * @FLANNEL_DROP_TX_NO_MEMORY: No memory for headers.
 * @FLANNEL_DROP_RX_HEADER: Truncated datagram, or VXLAN flags other than a
 *   plain VNI.
 * @FLANNEL_DROP_RX_VNI: No device on this port has the VNI (counted for the
 *   port).
 * @FLANNEL_DROP_RX_MAC: The inner destination MAC is not this device's, or the
 *   source MAC is.
 * @FLANNEL_DROP_RX_PROTOCOL: The inner packet is not IPv4 or IPv6.
 * @FLANNEL_DROP_RX_INNER: The inner IP header is truncated or malformed.
 * @FLANNEL_DROP_RX_VTEP: The outer source is not the address of a known VTEP.
 * @FLANNEL_DROP_RX_OWNER: The inner source belongs to another VTEP, to us or
 *   to nobody.
 * @FLANNEL_DROP_RX_STRICT: The inner source is outside the cluster network
 *   (strict mode).
 * @FLANNEL_DROP_RX_MARTIAN: Inner source or destination that never travels
 *   between nodes.
 * @FLANNEL_DROP_RX_DESTINATION: The inner destination is not on this node.
 * @FLANNEL_DROP_RX_ECN: Congestion marked outside, inner packet not
 *   ECN-capable.
 * @FLANNEL_DROP_RX_GSO: An aggregate that is not one of UDP tunnel segments.
 * @FLANNEL_DROP_RX_DEPTH: Tunnels nested too deeply.
 * @FLANNEL_DROP_RX_NO_MEMORY: No memory to make the inner header accessible.
 * @FLANNEL_DROP_ICMP_IGNORED: An ICMP error that quotes no VNI or VTEP of
 *   ours.
 * @FLANNEL_DROP_RX_GBP: A VXLAN group policy identifier on a device without
 *   gbp.
 */
enum flannel_drop {
	FLANNEL_DROP_TX_PROTOCOL,
	FLANNEL_DROP_TX_MULTICAST,
	FLANNEL_DROP_TX_MISS,
	FLANNEL_DROP_TX_LOCAL,
	FLANNEL_DROP_TX_LOOP,
	FLANNEL_DROP_TX_NO_ROUTE,
	FLANNEL_DROP_TX_NO_SOCKET,
	FLANNEL_DROP_TX_TOO_BIG,
	FLANNEL_DROP_TX_NO_MEMORY,
	FLANNEL_DROP_RX_HEADER,
	FLANNEL_DROP_RX_VNI,
	FLANNEL_DROP_RX_MAC,
	FLANNEL_DROP_RX_PROTOCOL,
	FLANNEL_DROP_RX_INNER,
	FLANNEL_DROP_RX_VTEP,
	FLANNEL_DROP_RX_OWNER,
	FLANNEL_DROP_RX_STRICT,
	FLANNEL_DROP_RX_MARTIAN,
	FLANNEL_DROP_RX_DESTINATION,
	FLANNEL_DROP_RX_ECN,
	FLANNEL_DROP_RX_GSO,
	FLANNEL_DROP_RX_DEPTH,
	FLANNEL_DROP_RX_NO_MEMORY,
	FLANNEL_DROP_ICMP_IGNORED,
	FLANNEL_DROP_RX_GBP,

	/* private: */
	__FLANNEL_DROP_MAX,
	FLANNEL_DROP_MAX = (__FLANNEL_DROP_MAX - 1)
};

enum flannel_a {
	FLANNEL_A_IFINDEX = 1,
	FLANNEL_A_SUBNET,
	FLANNEL_A_VTEP,
	FLANNEL_A_DROP,
	FLANNEL_A_OWNER,
	FLANNEL_A_GENERATION,
	FLANNEL_A_ADDRESS,
	FLANNEL_A_ADDED,
	FLANNEL_A_CHANGED,
	FLANNEL_A_UNCHANGED,
	FLANNEL_A_REMOVED,
	FLANNEL_A_SUBNETS,
	FLANNEL_A_VTEPS,
	FLANNEL_A_MAX_SUBNETS,
	FLANNEL_A_EXCL,

	__FLANNEL_A_MAX,
	FLANNEL_A_MAX = (__FLANNEL_A_MAX - 1)
};

enum flannel_a_subnet {
	FLANNEL_A_SUBNET_PREFIX = 1,
	FLANNEL_A_SUBNET_PREFIX_LEN,
	FLANNEL_A_SUBNET_LOCAL,
	FLANNEL_A_SUBNET_VIA,
	FLANNEL_A_SUBNET_LLADDR,
	FLANNEL_A_SUBNET_ENCAP,
	FLANNEL_A_SUBNET_SRC,
	FLANNEL_A_SUBNET_OWNER,
	FLANNEL_A_SUBNET_GENERATION,

	__FLANNEL_A_SUBNET_MAX,
	FLANNEL_A_SUBNET_MAX = (__FLANNEL_A_SUBNET_MAX - 1)
};

enum flannel_a_vtep {
	FLANNEL_A_VTEP_PAD = 1,
	FLANNEL_A_VTEP_VIA,
	FLANNEL_A_VTEP_LLADDR,
	FLANNEL_A_VTEP_ENCAP,
	FLANNEL_A_VTEP_SRC,
	FLANNEL_A_VTEP_SUBNETS,
	FLANNEL_A_VTEP_TX_PACKETS,
	FLANNEL_A_VTEP_TX_BYTES,
	FLANNEL_A_VTEP_RX_PACKETS,
	FLANNEL_A_VTEP_RX_BYTES,

	__FLANNEL_A_VTEP_MAX,
	FLANNEL_A_VTEP_MAX = (__FLANNEL_A_VTEP_MAX - 1)
};

enum flannel_a_drop {
	FLANNEL_A_DROP_PAD = 1,
	FLANNEL_A_DROP_REASON,
	FLANNEL_A_DROP_PACKETS,

	__FLANNEL_A_DROP_MAX,
	FLANNEL_A_DROP_MAX = (__FLANNEL_A_DROP_MAX - 1)
};

enum flannel_cmd {
	FLANNEL_CMD_SUBNET_NEW = 1,
	FLANNEL_CMD_SUBNET_DEL,
	FLANNEL_CMD_SUBNET_GET,
	FLANNEL_CMD_SUBNET_FLUSH,
	FLANNEL_CMD_SUBNET_SWEEP,
	FLANNEL_CMD_VTEP_GET,
	FLANNEL_CMD_STATS_GET,
	FLANNEL_CMD_SUBNET_NEW_NTF,
	FLANNEL_CMD_SUBNET_DEL_NTF,
	FLANNEL_CMD_MISS_NTF,

	__FLANNEL_CMD_MAX,
	FLANNEL_CMD_MAX = (__FLANNEL_CMD_MAX - 1)
};

#define FLANNEL_MCGRP_SUBNET	"subnet"
#define FLANNEL_MCGRP_MISS	"miss"

#endif /* _UAPI_LINUX_FLANNEL_H */
