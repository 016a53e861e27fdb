#include "dial/attempts.h"

#include "json/jsonw.h"

#include <stdio.h>

void attempts_begin(struct attempts *a, struct buf *json)
{
	a->json = json;
	a->reason = "";
	a->reason_told[0] = '\0';
	buf_reset(json);
}

/* The array is built anew from what was there, so that it is good JSON at every moment. */
static bool add(struct buf *json, enum provider_id p, const char *reason, const char *detail)
{
	struct buf one;
	struct jsonw w;
	buf_init(&one, ATTEMPTS_MAX);
	jsonw_init(&w, &one);
	jsonw_object(&w);
	jsonw_member_text(&w, "provider", provider_word(p));
	jsonw_member_text(&w, "reason", reason);
	if (detail[0] != '\0')
		jsonw_member_text(&w, "detail", detail);
	jsonw_object_end(&w);
	bool ok = jsonw_ok(&w);
	if (ok && json->len > 1) {
		json->s[json->len - 1] = ',';
		ok = buf_add(json, one.s, one.len) && buf_addc(json, ']');
	} else if (ok) {
		buf_reset(json);
		ok = buf_addc(json, '[') && buf_add(json, one.s, one.len) && buf_addc(json, ']');
	}
	buf_release(&one);
	return ok;
}

bool attempts_refused(
	struct attempts *a, enum provider_id p, const char *reason, const char *detail)
{
	snprintf(a->reason_told, sizeof(a->reason_told), "%s", reason);
	a->reason = a->reason_told;
	return add(a->json, p, reason, detail);
}

bool attempts_unaskable(struct attempts *a, const struct chain *ch, int from, int to)
{
	bool ok = true;
	for (int i = from; i < to && ok; i++) {
		ok = add(a->json, ch->links[i].provider, ch->links[i].why_not, "");
		/* The reason of one that was asked outweighs it. */
		if (a->reason_told[0] == '\0')
			a->reason = ch->links[i].why_not;
	}
	return ok;
}
