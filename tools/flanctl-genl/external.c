// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Commands of the second executable, flanctl-genl-registry. It has libraries
 * that must not be needed on a broken node, so it is run as git runs its own.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "options.h"

#define EXECUTABLE	"flanctl-genl-registry"

/* $FLANCTL_EXEC_PATH, the directory of this executable, libexec. */
static bool in_dir(char *path, const char *dir, size_t len)
{
	int n = snprintf(path, PATH_MAX, "%.*s/" EXECUTABLE, (int)len, dir);

	return len && n < PATH_MAX && !access(path, X_OK);
}

static bool beside(char *path)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (len <= 0)
		return false;
	own[len] = '\0';
	slash = strrchr(own, '/');
	return slash && in_dir(path, own, (size_t)(slash - own));
}

static bool find(char *path)
{
	const char *dir = secure_getenv("FLANCTL_EXEC_PATH");

	if (dir && *dir)
		return in_dir(path, dir, strlen(dir));
	return beside(path) ||
	       in_dir(path, FLANCTL_LIBEXEC, strlen(FLANCTL_LIBEXEC));
}

static void execute(const char *path, char **argv)
{
	execv(path, argv);
	fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
}

/* In a batch there is more to do afterwards. */
static int spawn(const char *path, char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return fail(EXIT_REFUSED, "fork: %s", strerror(errno));
	if (!pid) {
		execute(path, argv);
		_exit(EXIT_REFUSED);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(EXIT_REFUSED, "waitpid: %s",
				    strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REFUSED;
}

static int run(struct context *c, struct args *a, const char *object)
{
	char path[PATH_MAX], **argv;
	int n = 1, err = EXIT_REFUSED;

	if (!find(path))
		return fail(EXIT_REFUSED, "%s is not installed: it is looked for in FLANCTL_EXEC_PATH, beside flanctl-genl and in %s",
			    EXECUTABLE, FLANCTL_LIBEXEC);
	argv = calloc((size_t)a->count + OPTIONS_MAX + 3, sizeof(*argv));
	if (!argv)
		return fail(EXIT_REFUSED, "out of memory");
	argv[0] = path;
	n += options_repeat(c, argv + n);
	argv[n++] = (char *)object;
	memcpy(argv + n, a->word + a->next,
	       (size_t)(a->count - a->next) * sizeof(*argv));
	fflush(stdout);
	if (c->batch)
		err = spawn(path, argv);
	else
		execute(path, argv);
	free(argv);
	return err;
}

static int run_sync(struct context *c, struct args *a)
{
	return run(c, a, "sync");
}

static int run_registry(struct context *c, struct args *a)
{
	return run(c, a, "registry");
}

static int run_agent(struct context *c, struct args *a)
{
	return run(c, a, "agent");
}

const struct object sync_object = {
	.name = "sync",
	.run = run_sync,
	.usage = SYNC_USAGE,
};

const struct object registry_object = {
	.name = "registry",
	.run = run_registry,
	.usage = REGISTRY_USAGE,
};

const struct object agent_object = {
	.name = "agent",
	.run = run_agent,
	.usage = AGENT_USAGE,
};
