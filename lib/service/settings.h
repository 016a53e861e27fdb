/*
 * Settings as they are now: read once, and again when their file or the environment of a request says
 * something else.
 */
#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

#include "base/buf.h"
#include "base/stamp.h"
#include "config/config.h"

struct settings {
	struct config config; /* empty unless `good` */
	bool good;
	/* --- its own --- */
	struct stamp stamp;
	struct buf environment, file; /* what the settings were read from */
	bool many; /* they are looked at again: what they were read from is remembered */
};

void settings_init(struct settings *s, bool many);
void settings_end(struct settings *s);

/* Makes them what file and environment say. True: they were read (perhaps in vain, *error says why), and
 * nothing that was made from what they were before holds any more. */
bool settings_refresh(struct settings *s, char *const environment[], struct config_error *error);

#endif
