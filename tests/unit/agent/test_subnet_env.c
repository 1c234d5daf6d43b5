// SPDX-License-Identifier: GPL-2.0
/* subnet.env: its bytes, how it is replaced, read back and locked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/subnet_env.h"
#include "tap.h"

static char dir[32];
static char why[256];

static struct prefix prefix(const char *text)
{
	struct prefix p = {};

	if (text)
		prefix_parse_masked(&p, text);
	return p;
}

static const struct {
	const char *name;
	const char *net4, *sub4, *net6, *sub6;
	unsigned int mtu;
	bool masq;
	const char *text;
} golden[] = {
	{ "dual stack", "10.42.0.0/16", "10.42.0.0/24", "2001:cafe:42::/56",
	  "2001:cafe:42::/64", 1450, true,
	  "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\n"
	  "FLANNEL_IPV6_NETWORK=2001:cafe:42::/56\n"
	  "FLANNEL_IPV6_SUBNET=2001:cafe:42::1/64\n"
	  "FLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n" },
	{ "IPv4", "10.244.0.0/16", "10.244.255.0/24", NULL, NULL, 8951, false,
	  "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.255.1/24\n"
	  "FLANNEL_MTU=8951\nFLANNEL_IPMASQ=false\n" },
	{ "IPv6", NULL, NULL, "fd00::/48", "fd00:0:0:ffff::/64", 1280, true,
	  "FLANNEL_IPV6_NETWORK=fd00::/48\n"
	  "FLANNEL_IPV6_SUBNET=fd00:0:0:ffff::1/64\n"
	  "FLANNEL_MTU=1280\nFLANNEL_IPMASQ=true\n" },
};

static struct subnet_env env_of(size_t i)
{
	struct subnet_env e = {
		.network = { prefix(golden[i].net4), prefix(golden[i].net6) },
		.subnet = { prefix(golden[i].sub4), prefix(golden[i].sub6) },
		.mtu = golden[i].mtu,
		.masq = golden[i].masq,
	};

	return e;
}

static char *in_dir(const char *name)
{
	static char path[4][256];
	static unsigned int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const char *text, size_t len)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, text, len) != (ssize_t)len)
		printf("# cannot write %s\n", name);
	close(fd);
}

static char *content(const char *name)
{
	static char text[1024];
	int fd = open(in_dir(name), O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static unsigned int files_in(const char *name)
{
	char command[300];
	unsigned int n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", in_dir(name));
	f = popen(command, "r");
	if (!f || fscanf(f, "%u", &n) != 1)
		n = 9999;
	if (f)
		pclose(f);
	return n;
}

static void test_bytes(void)
{
	char text[SUBNET_ENV_TEXT];
	struct subnet_env e, back;
	size_t i;

	for (i = 0; i < ROWS(golden); i++) {
		e = env_of(i);
		is(subnet_env_text(&e, text), golden[i].text, golden[i].name);
		ok(!subnet_env_write(in_dir("a/b/subnet.env"), &e, why,
				     sizeof(why)), "%s: is written",
		   golden[i].name);
		is(content("a/b/subnet.env"), golden[i].text, "as it is");
		ok(subnet_env_read(in_dir("a/b/subnet.env"), &back) &&
		   !prefix_cmp(&back.subnet[0], &e.subnet[0]) &&
		   !prefix_cmp(&back.subnet[1], &e.subnet[1]) &&
		   !prefix_cmp(&back.network[0], &e.network[0]) &&
		   !prefix_cmp(&back.network[1], &e.network[1]) &&
		   back.mtu == e.mtu && back.masq == e.masq,
		   "%s: is read back", golden[i].name);
	}
}

static void test_replace(void)
{
	struct subnet_env e = env_of(0);
	struct stat st, before;
	mode_t mask = umask(077);

	subnet_env_write(in_dir("m/subnet.env"), &e, why, sizeof(why));
	stat(in_dir("m/subnet.env"), &before);
	ok((before.st_mode & 07777) == 0644, "others may read it");
	umask(mask);
	ok(files_in("m") == 1, "nothing else is left there");

	subnet_env_write(in_dir("m/subnet.env"), &e, why, sizeof(why));
	stat(in_dir("m/subnet.env"), &st);
	ok(st.st_ino == before.st_ino, "the same content is not written again");
	e.mtu = 1300;
	subnet_env_write(in_dir("m/subnet.env"), &e, why, sizeof(why));
	stat(in_dir("m/subnet.env"), &st);
	ok(st.st_ino != before.st_ino, "another one is another file");

	put("victim", "keep", 4);
	mkdir(in_dir("l"), 0755);
	if (symlink("../victim", in_dir("l/subnet.env")))
		printf("# no link\n");
	ok(!subnet_env_write(in_dir("l/subnet.env"), &e, why, sizeof(why)),
	   "a link in its place is replaced");
	is(content("victim"), "keep", "what it leads to is not touched");
	lstat(in_dir("l/subnet.env"), &st);
	ok(S_ISREG(st.st_mode), "it is a file then");

	mkdir(in_dir("f"), 0755);
	mkfifo(in_dir("f/subnet.env"), 0600);
	ok(!subnet_env_read(in_dir("f/subnet.env"), &e), "a FIFO is no file");
	e = env_of(0);
	ok(!subnet_env_write(in_dir("f/subnet.env"), &e, why, sizeof(why)),
	   "and is replaced");

	ok(subnet_env_write("/proc/nothing/subnet.env", &e, why,
			    sizeof(why)) && strstr(why, "/proc/nothing"),
	   "what cannot be written is named: %s", why);
	ok(subnet_env_write(in_dir("m/"), &e, why, sizeof(why)),
	   "a directory is no file");
}

static const struct {
	const char *name;
	const char *text;
	const char *sub4, *sub6;
} inputs[] = {
	{ "quotes, carriage returns", "FLANNEL_SUBNET=\"10.1.2.1/24\"\r\n",
	  "10.1.2.0/24", NULL },
	{ "a list", "FLANNEL_SUBNET=10.1.2.1/24,10.1.3.1/24\n", "10.1.2.0/24",
	  NULL },
	{ "no newline at the end", "FLANNEL_SUBNET=10.1.2.1/24", "10.1.2.0/24",
	  NULL },
	{ "the wrong family", "FLANNEL_SUBNET=fd00::1/64\n"
	  "FLANNEL_IPV6_SUBNET=10.1.2.1/24\n", NULL, NULL },
	{ "a length of 0", "FLANNEL_SUBNET=10.1.2.1/0\n", NULL, NULL },
	{ "a length of 33", "FLANNEL_SUBNET=10.1.2.1/33\n", NULL, NULL },
	{ "one address", "FLANNEL_SUBNET=10.1.2.1\n", NULL, NULL },
	{ "no value", "FLANNEL_SUBNET=\nFLANNEL_SUBNET\n=\n\"\n", NULL, NULL },
	{ "another key", "XFLANNEL_SUBNET=10.1.2.1/24\n", NULL, NULL },
	{ "bad then good", "FLANNEL_SUBNET=bad\nFLANNEL_IPV6_SUBNET=fd00::1/64\n",
	  NULL, "fd00::/64" },
	{ "a huge MTU", "FLANNEL_MTU=99999999999999999999\n"
	  "FLANNEL_SUBNET=10.1.2.1/24\n", "10.1.2.0/24", NULL },
};

static void test_read(void)
{
	struct prefix sub4, sub6;
	struct subnet_env e;
	char *big;
	size_t i;

	for (i = 0; i < ROWS(inputs); i++) {
		put("in", inputs[i].text, strlen(inputs[i].text));
		sub4 = prefix(inputs[i].sub4);
		sub6 = prefix(inputs[i].sub6);
		ok(subnet_env_read(in_dir("in"), &e) && !e.mtu &&
		   !prefix_cmp(&e.subnet[0], &sub4) &&
		   !prefix_cmp(&e.subnet[1], &sub6), "%s", inputs[i].name);
	}
	put("in", "\0\0FLANNEL_SUBNET=10.1.2.1/24\n", 29);
	ok(subnet_env_read(in_dir("in"), &e) && !e.subnet[0].addr.len,
	   "NULs are no line");
	big = calloc(1, 1 << 20);
	put("in", big, 1 << 20);
	free(big);
	ok(!subnet_env_read(in_dir("in"), &e), "a megabyte is no such file");
	ok(!subnet_env_read(in_dir("none"), &e), "nothing is nothing");
	ok(!subnet_env_read(in_dir("m"), &e), "a directory is nothing");
}

static void test_lock(void)
{
	int one, two, other;

	mkdir(in_dir("k"), 0755);
	put("k/.subnet.env.new-0123456789abcdef", "x", 1);
	one = subnet_env_lock(in_dir("k/subnet.env"), why, sizeof(why));
	ok(one >= 0, "the lock is ours");
	ok(files_in("k") == 1, "what a killed run left is removed");
	two = subnet_env_lock(in_dir("k/subnet.env"), why, sizeof(why));
	ok(two < 0 && strstr(why, "another agent"), "and nobody else's: %s",
	   why);
	other = subnet_env_lock(in_dir("k/subnet2.env"), why, sizeof(why));
	ok(other >= 0, "another file has its own");
	close(one);
	two = subnet_env_lock(in_dir("k/subnet.env"), why, sizeof(why));
	ok(two >= 0, "it is free again");
	close(two);
	close(other);
	if (symlink("../victim", in_dir("k/x.env.lock")))
		printf("# no link\n");
	ok(subnet_env_lock(in_dir("k/x.env"), why, sizeof(why)) < 0,
	   "a link is no lock: %s", why);
}

int main(void)
{
	char command[64];

	snprintf(dir, sizeof(dir), "/tmp/subnet-env-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	test_bytes();
	test_replace();
	test_read();
	test_lock();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		return 1;
	return done_testing();
}
