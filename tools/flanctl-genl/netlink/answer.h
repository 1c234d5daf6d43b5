/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_NETLINK_ANSWER_H
#define FLANCTL_NETLINK_ANSWER_H

/* Between the files of this directory only. */
#include <linux/netlink.h>
#include <stdint.h>

#include "kernel.h"

int answer_counts(const struct nlmsghdr *h, void *counts);
int answer_subnets(const struct nlmsghdr *h, void *subnet_list);
int answer_vteps(const struct nlmsghdr *h, void *vtep_list);
int answer_stats(const struct nlmsghdr *h, void *stats_list);
int answer_miss(const struct nlmsghdr *h, uint32_t *ifindex, struct addr *a);

#endif /* FLANCTL_NETLINK_ANSWER_H */
