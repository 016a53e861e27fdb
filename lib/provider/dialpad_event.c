#include "provider/event.h"

#include "provider/dialpad.h"
#include <stdio.h>

enum err dialpad_event_read(const struct json *j, struct provider_event *e)
{
	*e = (struct provider_event){.at_ms = 0};
	if (!dialpad_read_call(j, json_root(j), &e->call))
		return ERR_INVALID;
	e->at_ms = dialpad_read_ms(j, json_root(j), "event_timestamp");
	snprintf(e->what, sizeof(e->what), "%s", e->call.word);
	return ERR_NONE;
}
