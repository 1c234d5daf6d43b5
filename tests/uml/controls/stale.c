// SPDX-License-Identifier: GPL-2.0
/* A header pointer kept over pskb_may_pull(): the classic of tunnel drivers. */
#include <linux/module.h>
#include <linux/skbuff.h>

static int __init stale_init(void)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	u8 *header;

	if (!skb)
		return -ENOMEM;
	skb_put_zero(skb, 128);
	header = skb->data;
	if (pskb_may_pull(skb, 64))
		pr_info("control: first byte %u\n", READ_ONCE(*header));
	kfree_skb(skb);
	return 0;
}

static void __exit stale_exit(void)
{
}

module_init(stale_init);
module_exit(stale_exit);
MODULE_DESCRIPTION("Control: a pointer into an skb that was reallocated");
MODULE_LICENSE("GPL");
