#include "consent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Simulated Dialpad</title>\n"
	"<style>\n"
	"body { font: 1rem/1.5 sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; "
	"}\n"
	"button, select { font: inherit; padding: .3rem .8rem; }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>Simulated Dialpad</h1>\n";

static const char foot[] = "</body>\n</html>\n";

/* Appends a copy to text, which it takes over. */
static char *add(char *text, const char *more)
{
	char *longer = mem_format("%s%s", text, more);

	free(text);
	return longer;
}

static char *add_escaped(char *text, const char *more)
{
	char *out = mem_new(strlen(more) * 6 + 1);
	char *p = out;

	for (; *more; more++) {
		const char *as = *more == '&'    ? "&amp;"
				 : *more == '<'  ? "&lt;"
				 : *more == '>'  ? "&gt;"
				 : *more == '"'  ? "&quot;"
				 : *more == '\'' ? "&#39;"
						 : NULL;
		size_t n = as ? strlen(as) : 1;

		memcpy(p, as ? as : more, n);
		p += n;
	}
	text = add(text, out);
	free(out);
	return text;
}

static void send_page(struct answer *answer, int status, char *page)
{
	answer_text(answer, status, page);
	answer_header(answer, "Content-Type", "text/html; charset=utf-8");
	answer_header(answer, "Cache-Control", "no-store");
	answer_header(answer, "X-Frame-Options", "DENY");
	free(page);
}

static char *add_scopes(char *page, const char *scopes)
{
	page = add(page, "<ul id=\"scopes\">\n");
	while (*scopes) {
		size_t n = strcspn(scopes, " ");
		char *one = mem_format("%.*s", (int)n, scopes);

		page = add(page, "<li>");
		page = add_escaped(page, one);
		page = add(page, "</li>\n");
		free(one);
		scopes += n + strspn(scopes + n, " ");
	}
	return add(page, "</ul>\n");
}

static char *add_users(char *page, const struct people *people, const struct person *chosen)
{
	page = add(page, "<p><label for=\"user\">Signed in as</label>\n"
			 "<select id=\"user\" name=\"user\">\n");
	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->person[i];
		char *option = mem_format("<option value=\"%" PRId64 "\"%s>", person->id,
			person == chosen ? " selected" : "");

		page = add(page, option);
		page = add_escaped(page, person->name);
		page = add(page, " (");
		page = add_escaped(page, person->email);
		page = add(page, ")</option>\n");
		free(option);
	}
	return add(page, "</select></p>\n");
}

void consent_page(struct answer *answer, const struct people *people, const struct person *chosen,
	const char *client_id, const char *scopes, const char *query)
{
	char *page = add(mem_text(head), "<p>The application <strong id=\"client\">");

	page = add_escaped(page, client_id);
	page = add(page, "</strong> asks for access to your account");
	if (*scopes)
		page = add_scopes(add(page, ", with</p>\n"), scopes);
	else
		page = add(page, ".</p>\n");
	page = add(page, "<form method=\"post\" action=\"/oauth2/authorize?");
	page = add_escaped(page, query);
	page = add(page, "\">\n");
	page = add_users(page, people, chosen);
	page = add(page,
		"<p><button id=\"allow\" name=\"decision\" value=\"allow\">Allow</button>\n"
		"<button id=\"cancel\" name=\"decision\" value=\"cancel\">Cancel</button>"
		"</p>\n</form>\n");
	send_page(answer, 200, add(page, foot));
}

void consent_refusal(struct answer *answer, const char *why)
{
	char *page = add(mem_text(head), "<p id=\"error\">");

	page = add_escaped(page, why);
	page = add(page, "</p>\n");
	send_page(answer, 400, add(page, foot));
}
