// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Lines that describe a state: each is said when it becomes true, and not
 * again as long as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "../array.h"
#include "../error.h"
#include "agent.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct log *log, const char *line)
{
	char *copy = strdup(line);

	if (copy && array_add(log, &copy))
		free(copy);
}

/**
 * log_line - Something is true now
 * @before: What was true before.
 * @now: What is true now; the line is added.
 * @line: What is true; it is said unless it was so before.
 */
void log_line(struct log *before, struct log *now, const char *line)
{
	if (!before->n || !bsearch(&line, before->v, before->n,
				   sizeof(char *), by_text))
		warning("agent: %s", line);
	add(now, line);
}

/**
 * log_end - All that is true has been told
 * @log: What was true before; becomes what is true now.
 * @now: What is true now; is emptied.
 */
void log_end(struct log *log, struct log *now)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		free(log->v[i]);
	free(log->v);
	*log = *now;
	memset(now, 0, sizeof(*now));
	if (log->n)
		qsort(log->v, log->n, sizeof(char *), by_text);
}
