// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl-registry: the commands that need a registry. flanctl-genl runs
 * it; nobody else has to.
 */
#include <curl/curl.h>
#include <signal.h>

#include "cmd/cmd.h"
#include "error.h"
#include "program.h"

static const struct object *const objects[] = {
	&sync_object,
	&registry_object,
	&agent_object,
	NULL,
};

int main(int argc, char **argv)
{
	int err;

	/* Whoever ends early, a server, a client, or a program that we feed,
	 * is an error like any other; OpenSSL and libuv write with write().
	 */
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return fail(EXIT_REFUSED, "cannot initialise libcurl");
	err = program_run(argc, argv, objects);
	curl_global_cleanup();
	return err;
}
