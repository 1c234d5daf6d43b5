// SPDX-License-Identifier: GPL-2.0
/*
 * supervise: run one test, and afterwards leave the machine as it was before.
 *
 *   supervise -n NAME -o LOG -t SECONDS -p PREFIX -b BASE -- COMMAND...
 *   supervise -B       prints BASE, how many network namespaces exist already
 *
 * The output of COMMAND goes to LOG. When it ends, or its time is over, every
 * process that it left is killed, the namespaces /run/netns/PREFIX* are
 * deleted, their end is awaited, and what the kernel logged meanwhile is
 * looked at. Exit code: that of COMMAND, or one of those below; LOG has why.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define EXIT_TIMEOUT	124
#define EXIT_DIRTY	125

/* One system call may send 64 KiB in segments of a byte each. */
#define KILL_MS		60000
/* A TCP socket that was killed asks for an answer for that long. */
#define SETTLE_MS	150000
#define NETNS_LIMIT	"/proc/sys/user/max_net_namespaces"

/* What must not be in the kernel log; the last one is a control (guest.sh). */
static const char *const bad_lines[] = {
	"BUG:", "WARNING:", "INFO: ", "RIP:", "Call Trace", "suspicious RCU",
	"unreferenced object", "ref_tracker", "UBSAN", "KASAN", "refcount_t",
	"flannel-test: control",
};

static int kmsg = -1;

static void note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void open_log(const char *name)
{
	char line[128];
	int out;

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		die("/dev/kmsg");

	out = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (out < 0)
		die("/dev/kmsg");
	snprintf(line, sizeof(line), "<6>flannel-test: %s\n", name);
	if (write(out, line, strlen(line)) < 0)
		note("the kernel log takes no marker");
	close(out);
}

static bool is_bad(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++)
		if (strstr(line, bad_lines[i]))
			return true;
	return strstr(line, "waiting for ") && strstr(line, "to become free");
}

/* From the first bad line on, a part of the log goes to the test's output. */
static bool log_is_dirty(void)
{
	unsigned int shown = 0;
	char record[8192];
	bool dirty = false;

	for (;;) {
		ssize_t len = read(kmsg, record, sizeof(record) - 1);
		char *text;

		if (len < 0 && errno == EPIPE) {
			note("kernel log: records were lost");
			continue;
		}
		if (len <= 0)
			return dirty;
		record[len] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';
		dirty |= is_bad(text + 1);
		if (dirty && shown++ < 80)
			note("kernel log: %s", text + 1);
	}
}

/* Sends SIGKILL to our children; orphans became ours as well (subreaper). */
static void kill_children(void)
{
	struct dirent *entry;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		die("/proc");
	while ((entry = readdir(proc))) {
		char path[300], stat[512], *end;
		ssize_t len;
		int fd, parent;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		len = read(fd, stat, sizeof(stat) - 1);
		close(fd);
		if (len <= 0)
			continue;
		stat[len] = '\0';
		end = strrchr(stat, ')');
		if (end && sscanf(end, ") %*c %d", &parent) == 1 &&
		    parent == getpid())
			kill(atoi(entry->d_name), SIGKILL);
	}
	closedir(proc);
}

static bool end_children(void)
{
	long long deadline = now_ms() + KILL_MS;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			return true;
		if (pid > 0)
			continue;
		if (now_ms() > deadline) {
			note("a process of the test cannot be killed");
			return false;
		}
		kill_children();
		usleep(2000);
	}
}

static void delete_namespaces(const char *prefix)
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir("/run/netns");
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char path[300];

		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "/run/netns/%s", entry->d_name);
		umount2(path, MNT_DETACH);
		unlink(path);
	}
	closedir(dir);
}

static bool set_netns_limit(unsigned int limit)
{
	FILE *f = fopen(NETNS_LIMIT, "w");

	return f && fprintf(f, "%u\n", limit) > 0 && !fclose(f);
}

static unsigned int netns_limit(void)
{
	unsigned int limit;
	FILE *f;

	f = fopen(NETNS_LIMIT, "r");
	if (!f || fscanf(f, "%u", &limit) != 1)
		die(NETNS_LIMIT);
	fclose(f);
	return limit;
}

/* Whether fewer than LIMIT namespaces exist, those being freed included. */
static bool netns_below(unsigned int limit)
{
	int status;
	pid_t pid;

	if (!set_netns_limit(limit))
		die(NETNS_LIMIT);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(unshare(CLONE_NEWNET) ? 1 : 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/*
 * A namespace is counted until everything in it is gone. The limit on their
 * number tells when that is, without a wait that is too short or too long.
 */
static bool namespaces_are_gone(unsigned int base)
{
	long long deadline = now_ms() + SETTLE_MS;
	unsigned int limit = netns_limit();
	bool gone;

	while (!(gone = netns_below(base + 1)) && now_ms() < deadline)
		usleep(5000);
	set_netns_limit(limit);
	if (!gone)
		note("a network namespace of the test is not freed");
	return gone;
}

static unsigned int count_namespaces(void)
{
	unsigned int limit = netns_limit(), count = 0;

	while (count < limit && !netns_below(count + 1))
		count++;
	set_netns_limit(limit);
	return count;
}

static int run(char **command, unsigned int seconds)
{
	struct timespec left = { .tv_sec = 1 };
	long long deadline = now_ms() + seconds * 1000LL;
	int status, code = -1;
	sigset_t chld;
	pid_t main_pid;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	main_pid = fork();
	if (main_pid < 0)
		die("fork");
	if (!main_pid) {
		sigprocmask(SIG_UNBLOCK, &chld, NULL);
		setpgid(0, 0);
		execvp(command[0], command);
		die("%s", command[0]);
	}

	while (code < 0 && now_ms() < deadline) {
		pid_t pid;

		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == main_pid)
				code = WIFEXITED(status) ?
				       WEXITSTATUS(status) :
				       128 + WTERMSIG(status);
		if (code < 0)
			sigtimedwait(&chld, NULL, &left);
	}
	if (code < 0) {
		note("not done after %u seconds", seconds);
		code = EXIT_TIMEOUT;
	}
	return code;
}

int main(int argc, char **argv)
{
	const char *name = "test", *prefix = NULL, *log = NULL;
	unsigned int seconds = 60, base = 0;
	bool clean = true;
	int option, code;

	while ((option = getopt(argc, argv, "Bn:o:t:p:b:")) != -1) {
		switch (option) {
		case 'B':
			printf("%u\n", count_namespaces());
			return 0;
		case 'n':
			name = optarg;
			break;
		case 'o':
			log = optarg;
			break;
		case 't':
			seconds = need_number(optarg);
			break;
		case 'p':
			prefix = optarg;
			break;
		case 'b':
			base = need_number(optarg);
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc || !prefix || !*prefix || !log)
		die("usage: supervise -n NAME -o LOG -t SECONDS -p PREFIX -b BASE -- COMMAND...");
	if (!freopen(log, "w", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		die("%s", log);

	open_log(name);
	code = run(argv + optind, seconds);
	clean &= end_children();
	delete_namespaces(prefix);
	clean &= namespaces_are_gone(base);
	clean &= !log_is_dirty();
	return clean ? code : EXIT_DIRTY;
}
