/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_BASE64_H
#define FLANCTL_REGISTRY_BASE64_H

#include <stddef.h>

char *base64_encode(const char *bytes, size_t len);
char *base64_decode(const char *text, size_t *len);

#endif /* FLANCTL_REGISTRY_BASE64_H */
