// SPDX-License-Identifier: GPL-2.0
/* Two locks taken in both orders, never at the same time: only a lock checker
 * notices, nothing hangs.
 */
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(two);

static int __init inversion_init(void)
{
	mutex_lock(&one);
	mutex_lock(&two);
	mutex_unlock(&two);
	mutex_unlock(&one);

	mutex_lock(&two);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&two);
	return 0;
}

static void __exit inversion_exit(void)
{
}

module_init(inversion_init);
module_exit(inversion_exit);
MODULE_DESCRIPTION("Control: a lock inversion");
MODULE_LICENSE("GPL");
