#include "dialpad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "mem.h"

/* The mark tells one of ours from any other hexadecimal text. */
static const uint64_t mark = UINT64_C(0x5a17c0de5a17c0de);

char *dialpad_cursor_make(int64_t a, int64_t b)
{
	return mem_format("%016" PRIx64 "%016" PRIx64 "%016" PRIx64, mark ^ (uint64_t)a,
		mark ^ (uint64_t)b, mark ^ (uint64_t)a ^ (uint64_t)b);
}

bool dialpad_cursor_read(const char *text, int64_t *a, int64_t *b)
{
	uint64_t part[3];

	if (strlen(text) != 48 || strspn(text, "0123456789abcdef") != 48)
		return false;
	for (size_t i = 0; i < 3; i++) {
		char hex[17];

		snprintf(hex, sizeof(hex), "%.16s", text + i * 16);
		part[i] = strtoull(hex, NULL, 16) ^ mark;
	}
	*a = (int64_t)part[0];
	*b = (int64_t)part[1];
	return part[2] == (part[0] ^ part[1]);
}

bool dialpad_page_read(struct sim *sim, struct request *request, size_t total,
	struct dialpad_page *page, struct answer *answer)
{
	const char *cursor = request_query(request, "cursor");
	size_t most = (size_t)sim->settings.dialpad_page;
	int64_t first = 0;
	int64_t zero = 0;

	if (cursor && (!dialpad_cursor_read(cursor, &first, &zero) || zero != 0 || first < 0)) {
		dialpad_refuse(answer, 400, "Invalid cursor");
		return false;
	}
	page->first = (uint64_t)first < total ? (size_t)first : total;
	page->end = total - page->first > most ? page->first + most : total;
	return true;
}

void dialpad_page_answer(
	struct answer *answer, const struct dialpad_page *page, size_t total, json_t *items)
{
	char *cursor = page->end < total ? dialpad_cursor_make((int64_t)page->end, 0) : NULL;

	answer_json(answer, 200, json_pack("{so ss?}", "items", items, "cursor", cursor));
	free(cursor);
}
