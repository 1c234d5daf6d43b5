/* SPDX-License-Identifier: GPL-2.0 */
/* Keeping received outer packets out of conntrack. See notrack.c. */
#ifndef _FLANNEL_NOTRACK_H
#define _FLANNEL_NOTRACK_H

#include <linux/types.h>

struct flannel_dev;

int flannel_notrack_open(struct flannel_dev *fl);
void flannel_notrack_close(struct flannel_dev *fl);
int flannel_notrack_prepare(struct flannel_dev *fl, bool notrack);
void flannel_notrack_settle(struct flannel_dev *fl, bool other);

#endif /* _FLANNEL_NOTRACK_H */
