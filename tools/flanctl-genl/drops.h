/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_DROPS_H
#define FLANCTL_DROPS_H

const char *drop_name(unsigned int reason);

#endif /* FLANCTL_DROPS_H */
