/* What the doctor found, as text whose first line is a Nagios status line, or as JSON. */
#include "base/text.h"
#include "doctor.h"
#include "json/jsonw.h"

#include <stdio.h>

#define REPORT_MAX   ((size_t)1024 * 1024)
#define EVIDENCE_MAX ((size_t)2000)
#define HEADLINE_MAX 200 /* characters of what stands in the first line */
#define GRADES       (DOCTOR_CRITICAL + 1)

static const char *const words[GRADES] = {"skipped", "ok", "unknown", "warning", "critical"};
static const char *const shouts[GRADES] = {"OK", "OK", "UNKNOWN", "WARNING", "CRITICAL"};
/* Of plug-ins, as Nagios reads them. */
static const int statuses[GRADES] = {0, 0, 3, 1, 2};

struct sums {
	int of[GRADES];
	enum doctor_grade worst;
	const struct doctor_finding *first; /* of the worst */
};

static struct sums sum_up(const struct doctor *d)
{
	struct sums s = {.worst = DOCTOR_SKIPPED};
	for (size_t i = 0; i < d->count; i++) {
		const struct doctor_finding *f = &d->findings[i];
		s.of[f->grade]++;
		if (f->grade > s.worst || s.first == NULL) {
			s.worst = f->grade;
			s.first = f;
		}
	}
	return s;
}

/* In a status line `|` begins figures. */
static void add_plain(struct buf *out, const struct buf *text, size_t max_chars)
{
	size_t from = out->len;
	text_add_clean(out, text->s, text->len, max_chars);
	for (size_t i = from; i < out->len; i++)
		if (out->s[i] == '|')
			out->s[i] = '/';
}

static void add_status_line(struct buf *out, const struct sums *s)
{
	const char *between = " - ";
	buf_addf(out, "DIALER %s", shouts[s->worst]);
	for (int g = DOCTOR_CRITICAL; g >= DOCTOR_UNKNOWN; g--)
		if (s->of[g] > 0) {
			buf_addf(out, "%s%d %s", between, s->of[g], words[g]);
			between = ", ";
		}
	if (s->worst >= DOCTOR_UNKNOWN) {
		buf_addf(out, ": %s: ", s->first->check);
		add_plain(out, &s->first->evidence, HEADLINE_MAX);
	} else {
		buf_addf(out, " - %d checks, %d skipped", s->of[DOCTOR_OK] + s->of[DOCTOR_SKIPPED],
			s->of[DOCTOR_SKIPPED]);
	}
	buf_addc(out, '\n');
}

static void add_line(struct buf *out, const struct doctor_finding *f)
{
	buf_addf(out, "%s: %s: ", words[f->grade], f->check);
	add_plain(out, &f->evidence, EVIDENCE_MAX);
	if (f->change.len > 0) {
		buf_adds(out, "; ");
		add_plain(out, &f->change, EVIDENCE_MAX);
	}
	buf_addc(out, '\n');
}

static void add_text(struct buf *out, const struct doctor *d, const struct sums *s)
{
	add_status_line(out, s);
	for (int g = DOCTOR_CRITICAL; g >= DOCTOR_UNKNOWN; g--)
		for (size_t i = 0; i < d->count; i++)
			if (d->findings[i].grade == (enum doctor_grade)g)
				add_line(out, &d->findings[i]);
}

static void add_json(struct buf *out, const struct doctor *d, const struct sums *s)
{
	struct jsonw w;
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_member_text(&w, "status", words[s->worst > DOCTOR_OK ? s->worst : DOCTOR_OK]);
	jsonw_key(&w, "checks");
	jsonw_array(&w);
	for (size_t i = 0; i < d->count; i++) {
		const struct doctor_finding *f = &d->findings[i];
		jsonw_object(&w);
		jsonw_member_text(&w, "name", f->check);
		jsonw_member_text(&w, "status", words[f->grade]);
		if (f->evidence.len > 0)
			jsonw_member_text(&w, "evidence", f->evidence.s);
		if (f->change.len > 0)
			jsonw_member_text(&w, "change", f->change.s);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	buf_addc(out, '\n');
}

int doctor_report(const struct doctor *d, bool json)
{
	struct buf out;
	struct sums s = sum_up(d);
	buf_init(&out, REPORT_MAX);
	if (json)
		add_json(&out, d, &s);
	else
		add_text(&out, d, &s);
	return app_print(&out) == STATUS_OK ? statuses[s.worst] : statuses[DOCTOR_UNKNOWN];
}
