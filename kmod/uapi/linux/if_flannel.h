/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Attributes of rtnetlink links of kind "flannel", in IFLA_INFO_DATA. */

#ifndef _UAPI_LINUX_IF_FLANNEL_H
#define _UAPI_LINUX_IF_FLANNEL_H

/**
 * enum flannel_source_check - Which received packets are believed.
 * @FLANNEL_SOURCE_CHECK_OFF: All, as the kernel's vxlan driver does.
 * @FLANNEL_SOURCE_CHECK_LOG: All, but what "owner" would refuse is counted
 *   and traced.
 * @FLANNEL_SOURCE_CHECK_VTEP: Those from the address of a known VTEP, to
 *   destinations on this node.
 * @FLANNEL_SOURCE_CHECK_OWNER: As "vtep", and an inner source inside the
 *   cluster network must belong to the VTEP that sent it.
 * @FLANNEL_SOURCE_CHECK_STRICT: As "owner", and inner sources outside the
 *   cluster network are refused.
 */
enum flannel_source_check {
	FLANNEL_SOURCE_CHECK_OFF,
	FLANNEL_SOURCE_CHECK_LOG,
	FLANNEL_SOURCE_CHECK_VTEP,
	FLANNEL_SOURCE_CHECK_OWNER,
	FLANNEL_SOURCE_CHECK_STRICT,

	/* private: */
	__FLANNEL_SOURCE_CHECK_MAX,
	FLANNEL_SOURCE_CHECK_MAX = (__FLANNEL_SOURCE_CHECK_MAX - 1)
};

/**
 * enum flannel_rx_mode - How a decapsulated packet goes up the stack.
 * @FLANNEL_RX_DIRECT: At once, from the outer packet's receive path.
 * @FLANNEL_RX_GRO: Through per-CPU GRO cells.
 */
enum flannel_rx_mode {
	FLANNEL_RX_DIRECT,
	FLANNEL_RX_GRO,

	/* private: */
	__FLANNEL_RX_MAX,
	FLANNEL_RX_MAX = (__FLANNEL_RX_MAX - 1)
};

/**
 * enum flannel_df - Don't Fragment bit of outer IPv4 headers.
 * @FLANNEL_DF_UNSET: Clear, as flannel has it.
 * @FLANNEL_DF_SET: Set.
 * @FLANNEL_DF_INHERIT: As the inner IPv4 header; set for inner IPv6.
 */
enum flannel_df {
	FLANNEL_DF_UNSET,
	FLANNEL_DF_SET,
	FLANNEL_DF_INHERIT,

	/* private: */
	__FLANNEL_DF_MAX,
	FLANNEL_DF_MAX = (__FLANNEL_DF_MAX - 1)
};

/**
 * enum ifla_flannel - Attributes of IFLA_INFO_DATA.
 * @IFLA_FLANNEL_VNI: u32, 0..2^24-1.
 * @IFLA_FLANNEL_PORT: be16, port of the vxlan backend; 0: not opened, with
 *   IFLA_FLANNEL_UDP_PORT only.
 * @IFLA_FLANNEL_LOCAL: be32, outer IPv4 source; 0: as the route says.
 * @IFLA_FLANNEL_LOCAL6: 16 bytes, outer IPv6 source; ::: as the route says.
 * @IFLA_FLANNEL_LINK: u32, ifindex of the underlay link in the device's own
 *   netns; 0: none. In answers 0 as well while the link does not exist.
 * @IFLA_FLANNEL_LINK_NAME: string, name of the underlay link. In requests an
 *   alternative to IFLA_FLANNEL_LINK.
 * @IFLA_FLANNEL_ADDRESS: 6 bytes, the VTEP MAC of inner IPv4.
 * @IFLA_FLANNEL_ADDRESS6: 6 bytes, the VTEP MAC of inner IPv6.
 * @IFLA_FLANNEL_NETWORK: be32, cluster network, IPv4.
 * @IFLA_FLANNEL_NETWORK_LEN: u8, its prefix length, with IFLA_FLANNEL_NETWORK.
 * @IFLA_FLANNEL_NETWORK6: 16 bytes, cluster network, IPv6.
 * @IFLA_FLANNEL_NETWORK6_LEN: u8, with IFLA_FLANNEL_NETWORK6.
 * @IFLA_FLANNEL_TTL: u8, outer TTL or hop limit; 0: the route's.
 * @IFLA_FLANNEL_TOS: u8, outer TOS or traffic class; 1: as the inner header.
 * @IFLA_FLANNEL_DF: u8, enum flannel_df.
 * @IFLA_FLANNEL_UDP_CSUM: u8, 0 or 1, outer UDP checksum.
 * @IFLA_FLANNEL_SOURCE_CHECK: u8, enum flannel_source_check.
 * @IFLA_FLANNEL_RX_MODE: u8, enum flannel_rx_mode.
 * @IFLA_FLANNEL_FWMARK: u32, mark of outer packets.
 * @IFLA_FLANNEL_OUTER_NOTRACK: u8, 0 or 1, outer packets bypass conntrack.
 * @IFLA_FLANNEL_UDP_PORT: be16, port of the udp backend; 0: not opened.
 * @IFLA_FLANNEL_GBP: u8, 0 or 1, the vxlan backend carries group policy
 *   identifiers: the mark of inner packets.
 *
 * VNI, PORT and UDP_PORT are fixed when the link is created, the others can
 * be changed at any time. A prefix length of 0 with an all-zero network unsets
 * it.
 */
enum ifla_flannel {
	IFLA_FLANNEL_UNSPEC,
	IFLA_FLANNEL_VNI,
	IFLA_FLANNEL_PORT,
	IFLA_FLANNEL_LOCAL,
	IFLA_FLANNEL_LOCAL6,
	IFLA_FLANNEL_LINK,
	IFLA_FLANNEL_LINK_NAME,
	IFLA_FLANNEL_ADDRESS,
	IFLA_FLANNEL_ADDRESS6,
	IFLA_FLANNEL_NETWORK,
	IFLA_FLANNEL_NETWORK_LEN,
	IFLA_FLANNEL_NETWORK6,
	IFLA_FLANNEL_NETWORK6_LEN,
	IFLA_FLANNEL_TTL,
	IFLA_FLANNEL_TOS,
	IFLA_FLANNEL_DF,
	IFLA_FLANNEL_UDP_CSUM,
	IFLA_FLANNEL_SOURCE_CHECK,
	IFLA_FLANNEL_RX_MODE,
	IFLA_FLANNEL_FWMARK,
	IFLA_FLANNEL_OUTER_NOTRACK,
	IFLA_FLANNEL_UDP_PORT,
	IFLA_FLANNEL_GBP,

	/* private: */
	__IFLA_FLANNEL_MAX,
	IFLA_FLANNEL_MAX = (__IFLA_FLANNEL_MAX - 1)
};

#endif /* _UAPI_LINUX_IF_FLANNEL_H */
