#include "output.h"

#include "json/jsonw.h"

#include <inttypes.h>
#include <stdio.h>

void output_tell(void *arg, const char *line)
{
	const struct options *o = arg;
	/* With --json standard output belongs to the object. */
	fprintf(o->json ? stderr : stdout, "%s\n", line);
}

static void requests_json(struct jsonw *w, const struct sync_summary *s)
{
	jsonw_key(w, "requests");
	jsonw_object(w);
	jsonw_member_int(w, "aircall", s->requests[PROVIDER_AIRCALL]);
	jsonw_member_int(w, "dialpad", s->requests[PROVIDER_DIALPAD]);
	jsonw_object_end(w);
}

static void seconds_json(struct jsonw *w, int64_t ms)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
	jsonw_key(w, "seconds");
	jsonw_trusted(w, text, (size_t)len);
}

static bool as_json(const struct sync_summary *s)
{
	struct buf out;
	struct jsonw w;
	buf_init(&out, 1024);
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_member_int(&w, "open", s->open);
	jsonw_member_int(&w, "updated", s->updated);
	jsonw_member_int(&w, "completed", s->completed);
	jsonw_member_int(&w, "lost", s->lost);
	requests_json(&w, s);
	seconds_json(&w, s->ms);
	jsonw_object_end(&w);
	bool ok = jsonw_ok(&w);
	if (ok)
		printf("%s\n", out.s);
	buf_release(&out);
	return ok;
}

static void as_text(const struct sync_summary *s, bool dry_run)
{
	printf("%" PRId64 " open, %" PRId64 " updated, %" PRId64 " completed, %" PRId64
	       " lost; requests: %" PRId64 " Aircall, %" PRId64 " Dialpad; %" PRId64 ".%03d s%s\n",
		s->open, s->updated, s->completed, s->lost, s->requests[PROVIDER_AIRCALL],
		s->requests[PROVIDER_DIALPAD], s->ms / 1000, (int)(s->ms % 1000),
		dry_run ? " (nothing was changed)" : "");
}

bool output_summary(const struct options *o, const struct sync_summary *s)
{
	bool ok = true;
	if (o->json)
		ok = as_json(s);
	else if (o->verbose)
		as_text(s, o->dry_run);
	return fflush(stdout) == 0 && ok;
}
