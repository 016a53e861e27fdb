/* dialer import: takes in what `dialer export` wrote, many calls a transaction. */
#include "app.h"
#include "base/clock.h"
#include "json/json.h"
#include "lines.h"
#include "progress.h"
#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_ROWS  IMPORT_TURN
#define BATCH_BYTES ((size_t)4 * 1024 * 1024) /* of lines */

struct import {
	struct app *a;
	const char *name; /* of the file, for people */
	bool dry_run;
	struct progress progress;
	struct pace pace;
	struct lines lines;
	/* --- the batch --- */
	struct call_records batch;
	int64_t numbers[BATCH_ROWS]; /* of the lines */
	enum import_result results[BATCH_ROWS];
	size_t bytes;
	/* --- so far --- */
	int64_t good, added, known, bad;
};

static bool refuse_line(struct import *m, int64_t number, const char *why)
{
	progress_end(&m->progress);
	complain("%s:%" PRId64 ": %s", m->name, number, why);
	m->bad++;
	return m->dry_run;
}

static bool refuse_row(struct import *m, size_t i)
{
	const struct call *c = &m->batch.records[i].call;
	char id[CALLID_SIZE], why[200];
	callid_format(&c->id, id);
	if (m->results[i] == IMPORT_USER)
		(void)snprintf(why, sizeof(why), "call %s: userId can be nobody's", id);
	else
		(void)snprintf(why, sizeof(why),
			"call %s: externalCallId %" PRId64 " of %s belongs to another call here",
			id, c->external_id, provider_word(c->provider));
	return refuse_line(m, m->numbers[i], why);
}

/* What became of the rows. False: some were refused. */
static bool count_results(struct import *m, size_t looked)
{
	bool all = true;
	for (size_t i = 0; i < looked; i++) {
		if (m->results[i] == IMPORT_ADDED)
			m->added++;
		else if (m->results[i] == IMPORT_KNOWN)
			m->known++;
		else
			all = refuse_row(m, i);
	}
	return all;
}

/* A busy gate is no reason to give up what may take an hour. */
static enum err store_batch(struct import *m, size_t *looked)
{
	enum err e = ERR_BUSY;
	for (int tries = 0; e == ERR_BUSY && tries < 5; tries++)
		e = store_import(
			m->a->store, &m->batch, clock_now_ms(), &m->pace, m->results, looked);
	return e;
}

static bool flush(struct import *m)
{
	size_t looked = 0;
	bool go_on = true;
	m->good += (int64_t)m->batch.count;
	if (!m->dry_run && m->batch.count > 0) {
		enum err e = store_batch(m, &looked);
		if (!count_results(m, looked))
			go_on = false;
		if (e != ERR_NONE) {
			progress_end(&m->progress);
			go_on = false;
			m->bad++;
			(void)app_store_failed(e);
		}
	}
	call_records_release(&m->batch);
	m->bytes = 0;
	progress_show(&m->progress, "calls:", m->good, 0);
	return go_on;
}

static bool take_line(struct import *m, const char *line, size_t len)
{
	struct json j;
	char why[CALL_RECORD_WHY];
	const char *syntax;
	enum err e = json_parse(&j, line, len, LINES_LONGEST, &syntax);
	if (e == ERR_INVALID || e == ERR_TOO_LARGE) {
		(void)snprintf(why, sizeof(why), "no JSON: %s", syntax);
		return refuse_line(m, m->lines.number, why);
	}
	struct call_record *r = e == ERR_NONE ? call_records_add(&m->batch) : NULL;
	if (r != NULL)
		e = call_record_read(&j, json_root(&j), r, why);
	else
		e = ERR_NOMEM;
	json_release(&j);
	if (e == ERR_NONE) {
		m->numbers[m->batch.count - 1] = m->lines.number;
		return true;
	}
	if (r != NULL)
		call_record_release(&m->batch.records[--m->batch.count]);
	return refuse_line(m, m->lines.number, e == ERR_INVALID ? why : "out of memory");
}

static bool is_blank(const char *line, size_t len)
{
	return len == 0 || (len == 1 && *line == '\r');
}

/* Each returns whether to go on with the next line. */
static bool step(struct import *m, bool *ended)
{
	const char *line;
	size_t len;
	switch (lines_next(&m->lines, &line, &len)) {
	case LINES_ONE:
		break;
	case LINES_END:
		*ended = true;
		return flush(m);
	case LINES_TOO_LONG:
		(void)refuse_line(m, m->lines.number, "too long for a call");
		return false;
	case LINES_FAILED:
		(void)refuse_line(m, m->lines.number + 1, strerror(errno));
		return false;
	}
	if (!is_blank(line, len) && !take_line(m, line, len))
		return false;
	m->bytes += len;
	if (m->batch.count == BATCH_ROWS || m->bytes >= BATCH_BYTES)
		return flush(m);
	return true;
}

static int report(struct import *m)
{
	struct buf out;
	double seconds = progress_seconds(&m->progress);
	buf_init(&out, 1024);
	progress_end(&m->progress);
	if (m->dry_run)
		buf_addf(&out,
			"%" PRId64 " call%s can be read, %" PRId64
			" line%s cannot. Nothing was changed.\n",
			m->good, m->good == 1 ? "" : "s", m->bad, m->bad == 1 ? "" : "s");
	else
		buf_addf(&out, "%" PRId64 " call%s added, %" PRId64 " known already; %.1f s.\n",
			m->added, m->added == 1 ? "" : "s", m->known, seconds);
	int status = app_print(&out);
	if (m->bad == 0)
		return status;
	return m->dry_run ? STATUS_FAILED
			  : failed("stopped there; what stands before it is in. Correct the line "
				   "and run it again: known calls are skipped");
}

static int import(struct import *m, int fd)
{
	bool ended = false, go_on = lines_open(&m->lines, fd);
	if (!go_on)
		return failed("out of memory");
	while (go_on && !ended)
		go_on = step(m, &ended);
	/* What was good before the line that was not. */
	if (!go_on && m->batch.count > 0)
		(void)flush(m);
	call_records_release(&m->batch);
	lines_close(&m->lines);
	return report(m);
}

static int run(struct app *a)
{
	const char *path = app_operand(a);
	bool from_input = path == NULL || strcmp(path, "-") == 0;
	int fd = from_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return failed("%s: %s", path, strerror(errno));
	struct import *m = calloc(1, sizeof(*m));
	int status = STATUS_FAILED;
	if (m == NULL) {
		complain("out of memory");
	} else if (app_open_store(a)) {
		m->a = a;
		m->name = from_input ? "standard input" : path;
		m->dry_run = args_has(&a->args, "dry-run");
		m->pace = pace_of(IMPORT_TURN);
		progress_begin(&m->progress);
		status = import(m, fd);
	}
	free(m);
	if (!from_input)
		close(fd);
	return status;
}

static const struct option options[] = {
	{"dry-run", NULL, "read and check all lines, and change nothing"}, {NULL, NULL, NULL}};

const struct command command_import = {.name = "import",
	.operand = "[FILE]",
	.synopsis = "[--dry-run]",
	.summary = "Takes in calls that `export` wrote",
	.details =
		"One call a line, as JSON; from standard input without FILE. Calls that are there\n"
		"already (by their id) are skipped, so an import can be broken off and run again.\n"
		"It stops at the first line that is wrong: what stands before it is in. Nothing "
		"is\n"
		"dialled; dialer-sync follows the calls that are not final.\n",
	.options = options,
	.run = run};
