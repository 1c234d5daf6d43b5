/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as kmod/lpm.c and its self-test need, in user space,
 * single-threaded: RCU frees at synchronize_rcu(), so that a use of what was
 * given to RCU and of what was freed can be told apart by AddressSanitizer.
 */
#ifndef _SHIM_H
#define _SHIM_H

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint32_t __be32;
typedef unsigned long long shim_u64;

#define U32_MAX		UINT32_MAX
#define BIT(n)		(1UL << (n))
#define __rcu
#define GFP_KERNEL	0
#define GFP_KERNEL_ACCOUNT 0
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define struct_size(p, member, n) \
	(offsetof(__typeof__(*(p)), member) + sizeof((p)->member[0]) * (n))
#define cpu_to_be32	htobe32
#define be32_to_cpu	be32toh
#define pr_err(...)	fprintf(stderr, __VA_ARGS__)
#define pr_info(...)	shim_info(__VA_ARGS__)
#define cond_resched()	do { } while (0)

static inline u32 roundup_pow_of_two(u32 n)
{
	u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* Locks, of which a single thread needs none. */
struct mutex {
	int unused;
};

#define mutex_init(m)			((void)(m))
#define mutex_destroy(m)		((void)(m))
#define mutex_lock(m)			((void)(m))
#define mutex_unlock(m)			((void)(m))
#define lockdep_is_held(m)		((void)(m), 1)
#define lockdep_assert_held(m)		((void)(m))

/* RCU. */
struct rcu_head {
	struct rcu_head *next;
	void *object;
};

void shim_free_rcu(struct rcu_head *rcu, void *object);
void synchronize_rcu(void);

#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)
#define rcu_dereference(p)		(p)
#define rcu_access_pointer(p)		(p)
#define rcu_dereference_protected(p, c)	((void)(c), (p))
#define rcu_assign_pointer(p, v)	((p) = (v))
#define RCU_INIT_POINTER(p, v)		((p) = (v))
#define kfree_rcu(p, member)		shim_free_rcu(&(p)->member, p)
#define kvfree_rcu(p, member)		shim_free_rcu(&(p)->member, p)

/* Memory; shim_fail makes the n-th allocation from now fail. */
extern unsigned int shim_fail;

void *shim_alloc(size_t size);

#define kzalloc(size, gfp)		shim_alloc(size)
#define kvzalloc(size, gfp)		shim_alloc(size)
#define kfree(p)			free((void *)(p))
#define kvfree(p)			free((void *)(p))

u32 get_random_u32(void);
u32 jhash2(const u32 *words, u32 n, u32 seed);
void shim_info(const char *format, ...);

#endif /* _SHIM_H */
