#include "provider/event.h"

#include "provider/aircall.h"
#include "provider/answer.h"

enum err aircall_event_read(const struct json *j, struct provider_event *e)
{
	json_node root = json_root(j);

	*e = (struct provider_event){.at_ms = 0};
	answer_clean(j, json_member(j, root, "event"), e->what, sizeof(e->what));
	e->at_ms = aircall_read_ms(j, json_member(j, root, "timestamp"));
	if (!json_string_is(j, json_member(j, root, "resource"), "call"))
		return ERR_INVALID;
	return aircall_read_call(j, json_member(j, root, "data"), &e->call) ? ERR_NONE
									    : ERR_INVALID;
}

bool aircall_event_token(const struct json *j, struct buf *out)
{
	json_node token = json_member(j, json_root(j), "token");

	return json_type(j, token) == JSON_STRING && json_text(j, token, out);
}
