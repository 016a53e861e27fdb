#include "aircall.h"

#include <stdlib.h>

#include "form.h"
#include "mem.h"

enum { PER_PAGE = 20, PER_PAGE_MAX = 50, RESULTS_MAX = 10000 };

/* The shape that list endpoints use for a bad query, which is not that of other errors. */
static void bad_query(struct answer *answer, const char *why)
{
	answer_json(answer, 400,
		json_pack("{ss sn ss ss ss sb}", "error", "Bad Request", "data", "message",
			"BAD_REQUEST", "errors", why, "troubleshoot", "BAD_REQUEST", "success", 0));
}

static bool positive(struct request *request, const char *name, int64_t *value)
{
	const char *text = request_query(request, name);

	return !text || (text_int64(text, value) && *value >= 1);
}

bool aircall_page_read(struct request *request, struct answer *answer, struct aircall_page *page)
{
	*page = (struct aircall_page){.page = 1, .per_page = PER_PAGE};
	if (!positive(request, "page", &page->page) ||
		!positive(request, "per_page", &page->per_page)) {
		bad_query(answer, "page and per_page must be positive integers");
		return false;
	}
	if (page->per_page > PER_PAGE_MAX)
		page->per_page = PER_PAGE_MAX;
	if (page->page > RESULTS_MAX / page->per_page) {
		bad_query(answer,
			"Your query is limited to 10k results and pagination is out of bound, "
			"please use timestamps or other filters.");
		return false;
	}
	return true;
}

static json_t *link_to(
	struct sim *sim, struct request *request, const struct aircall_page *page, int64_t number)
{
	/* Like the service's own links, these leave out the fetch_ parameters. */
	static const char *const kept[] = {
		"from", "to", "order", "direction", "user_id", "phone_number"};
	const char *base = *sim->settings.link_base ? sim->settings.link_base : sim->origin;
	char *link = mem_format("%s%s?page=%lld&per_page=%lld", base, request->path,
		(long long)number, (long long)page->per_page);
	json_t *json;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = request_query(request, kept[i]);
		char *longer;

		longer = form_add(link, kept[i], value);
		free(link);
		link = longer;
	}
	json = json_string(link);
	free(link);
	return json;
}

json_t *aircall_page_meta(struct sim *sim, struct request *request, struct aircall_page *page,
	size_t total, bool links)
{
	size_t before = (size_t)((page->page - 1) * page->per_page);
	json_t *meta;

	page->first = before < total ? before : total;
	page->end = total - page->first > (size_t)page->per_page
			    ? page->first + (size_t)page->per_page
			    : total;
	meta = json_pack("{sI sI sI sI}", "count", (json_int_t)(page->end - page->first), "total",
		(json_int_t)total, "current_page", (json_int_t)page->page, "per_page",
		(json_int_t)page->per_page);
	if (!links)
		return meta;
	json_object_set_new(meta, "next_page_link",
		page->end < total ? link_to(sim, request, page, page->page + 1) : json_null());
	json_object_set_new(meta, "previous_page_link",
		page->page > 1 ? link_to(sim, request, page, page->page - 1) : json_null());
	return meta;
}
