/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_SOLE_H
#define FLANCTL_SOLE_H

#include <stdint.h>

int sole_hold(uint32_t vni, const char *backend);

#endif /* FLANCTL_SOLE_H */
