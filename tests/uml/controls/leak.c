// SPDX-License-Identifier: GPL-2.0
/* Memory that nobody points to any more. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init leak_init(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		void *lost = kmalloc(512, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(lost);
	}
	return 0;
}

static void __exit leak_exit(void)
{
}

module_init(leak_init);
module_exit(leak_exit);
MODULE_DESCRIPTION("Control: memory that is never freed");
MODULE_LICENSE("GPL");
