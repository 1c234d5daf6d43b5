// SPDX-License-Identifier: GPL-2.0
/* flannel: an overlay device for Kubernetes clusters, wire-compatible with
 * what flannel makes of the kernel's vxlan driver.
 *
 * Module parameters, init and exit; nothing else.
 */
#include <linux/module.h>

#include "device.h"
#include "lpm.h"
#include "netlink.h"

struct flannel_defaults flannel_defaults = {
	.port = 8472,
	.vni = 1,
	.max_subnets = FLANNEL_SUBNETS_DEFAULT,
	.source_check = FLANNEL_SOURCE_CHECK_OWNER,
	.rx_mode = FLANNEL_RX_DIRECT,
};

/**
 * struct bounds - a number and what it may be
 * @value: the number
 * @min: smallest
 * @max: largest
 */
struct bounds {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

static int set_range(const char *val, const struct kernel_param *kp)
{
	const struct bounds *bounds = kp->arg;
	unsigned int value;
	int err;

	err = kstrtouint(val, 0, &value);
	if (!err && (value < bounds->min || value > bounds->max))
		err = -ERANGE;
	if (err) {
		pr_err("%s=%s is not a number from %u to %u\n", kp->name, val,
		       bounds->min, bounds->max);
		return err;
	}
	*bounds->value = value;
	return 0;
}

static int get_range(char *buffer, const struct kernel_param *kp)
{
	const struct bounds *bounds = kp->arg;

	return sysfs_emit(buffer, "%u\n", *bounds->value);
}

static const struct kernel_param_ops range_ops = {
	.set = set_range,
	.get = get_range,
};

/**
 * struct choice - a number that is written as a word
 * @value: the number, an index of @words
 * @words: what it may be
 * @n: how many words
 */
struct choice {
	unsigned int *value;
	const char *const *words;
	unsigned int n;
};

static int set_choice(const char *val, const struct kernel_param *kp)
{
	const struct choice *choice = kp->arg;
	int i = __sysfs_match_string(choice->words, choice->n, val);

	if (i < 0) {
		pr_err("%s=%s is not one of its words, see modinfo\n",
		       kp->name, val);
		return i;
	}
	*choice->value = i;
	return 0;
}

static int get_choice(char *buffer, const struct kernel_param *kp)
{
	const struct choice *choice = kp->arg;

	return sysfs_emit(buffer, "%s\n", choice->words[*choice->value]);
}

static const struct kernel_param_ops choice_ops = {
	.set = set_choice,
	.get = get_choice,
};

static const char *const source_checks[] = {
	[FLANNEL_SOURCE_CHECK_OFF] = "off",
	[FLANNEL_SOURCE_CHECK_LOG] = "log",
	[FLANNEL_SOURCE_CHECK_VTEP] = "vtep",
	[FLANNEL_SOURCE_CHECK_OWNER] = "owner",
	[FLANNEL_SOURCE_CHECK_STRICT] = "strict",
};

static const char *const rx_modes[] = {
	[FLANNEL_RX_DIRECT] = "direct",
	[FLANNEL_RX_GRO] = "gro",
};

static const struct bounds port = { &flannel_defaults.port, 1, 65535 };
module_param_cb(port, &range_ops, (void *)&port, 0444);
MODULE_PARM_DESC(port, "UDP port of new devices, 1..65535 (default 8472)");

static const struct bounds vni = { &flannel_defaults.vni, 0, (1 << 24) - 1 };
module_param_cb(vni, &range_ops, (void *)&vni, 0444);
MODULE_PARM_DESC(vni, "VXLAN network identifier of new devices, 0..16777215 (default 1)");

static const struct bounds max_subnets = {
	&flannel_defaults.max_subnets, 1, FLANNEL_SUBNETS_LIMIT
};
module_param_cb(max_subnets, &range_ops, (void *)&max_subnets, 0444);
MODULE_PARM_DESC(max_subnets, "most subnets in a device's table, 1..1048576 (default 65536)");

static const struct choice source_check = {
	&flannel_defaults.source_check, source_checks, ARRAY_SIZE(source_checks)
};
module_param_cb(source_check, &choice_ops, (void *)&source_check, 0444);
MODULE_PARM_DESC(source_check, "source check of new devices: off, log, vtep, owner or strict (default owner)");

static const struct choice rx = {
	&flannel_defaults.rx_mode, rx_modes, ARRAY_SIZE(rx_modes)
};
module_param_cb(rx, &choice_ops, (void *)&rx, 0444);
MODULE_PARM_DESC(rx, "delivery of received packets of new devices: direct or gro (default direct)");

#ifdef FLANNEL_DEBUG
static unsigned int selftest_rounds = 2000;
module_param(selftest_rounds, uint, 0444);
MODULE_PARM_DESC(selftest_rounds, "changes of the table that the self-test makes and checks at load (default 2000)");
#else
#define selftest_rounds 0
#endif

static int __init flannel_init(void)
{
	int err;

	if (!flannel_lpm_selftest(selftest_rounds))
		return -ENOTRECOVERABLE;
	err = flannel_device_init();
	if (err)
		return err;
	err = flannel_nl_init();
	if (err)
		goto exit_device;
	err = flannel_link_init();
	if (err)
		goto exit_nl;
	return 0;

exit_nl:
	flannel_nl_exit();
exit_device:
	flannel_device_exit();
	rcu_barrier();
	return err;
}

static void __exit flannel_exit(void)
{
	flannel_link_exit();
	flannel_nl_exit();
	flannel_device_exit();
	/* Wait for all that call_rcu() still has to free. */
	rcu_barrier();
}

module_init(flannel_init);
module_exit(flannel_exit);

MODULE_DESCRIPTION("flannel overlay device");
MODULE_AUTHOR("The flannel kernel module authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(FLANNEL_VERSION);
