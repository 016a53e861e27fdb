/* Settings of single users. */
#include "store/codec.h"
#include "store/rows.h"

#include "auth/auth.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct user_op {
	const char *user;
	struct user_settings *out;
	const struct user_settings *in;
};

static int get_fn(struct turn *t, void *arg)
{
	struct user_op *o = arg;
	return user_settings_get(t, o->user, o->out);
}

enum err store_user_get(struct store *s, const char *user, struct user_settings *u)
{
	struct user_op o = {user, u, NULL};
	return turn_run(s, TURN_READ, get_fn, &o);
}

static int set_fn(struct turn *t, void *arg)
{
	struct user_op *o = arg;
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	codec_user(&b, o->in);
	int e = b.failed ? TURN_NOMEM : turn_put(t, DB_USERS, o->user, strlen(o->user), b.s, b.len);
	buf_release(&b);
	return e;
}

enum err store_user_set(struct store *s, const char *user, const struct user_settings *u)
{
	struct user_op o = {user, NULL, u};
	if (*user == '\0' || strlen(user) > AUTH_USER_MAX)
		return ERR_INVALID;
	return turn_run(s, TURN_WRITE, set_fn, &o);
}

static int unset_fn(struct turn *t, void *arg)
{
	struct user_op *o = arg;
	return turn_delete(t, DB_USERS, o->user, strlen(o->user));
}

enum err store_user_unset(struct store *s, const char *user)
{
	struct user_op o = {user, NULL, NULL};
	return turn_run(s, TURN_WRITE, unset_fn, &o);
}

/* --- the list: taken in short turns, since `each` may write to somebody --- */

#define LIST_TURN 200

struct user_entry {
	char *user;
	struct user_settings settings;
};

struct listing {
	char *after; /* NULL: from the beginning */
	struct user_entry entries[LIST_TURN];
	size_t count;
};

static void listing_clear(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].user);
	l->count = 0;
}

static int list_fn(struct turn *t, void *arg)
{
	struct listing *l = arg;
	DB *db;
	DBC *cursor;
	listing_clear(l);
	int e = turn_db(t, DB_USERS, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = l->after, .size = l->after != NULL ? (uint32_t)strlen(l->after) : 0},
	    v = {.data = NULL};
	e = cursor->get(cursor, &k, &v, l->after != NULL ? DB_SET_RANGE : DB_FIRST);
	for (; e == 0 && l->count < LIST_TURN; e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (l->after != NULL && k.size == strlen(l->after) &&
			memcmp(k.data, l->after, k.size) == 0)
			continue;
		struct user_entry *u = &l->entries[l->count];
		if ((e = turn_error(codec_user_read(v.data, v.size, &u->settings))) != 0)
			break;
		if ((u->user = text_dup(k.data, k.size)) == NULL) {
			e = TURN_NOMEM;
			break;
		}
		l->count++;
	}
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

enum err store_user_list(struct store *s,
	bool (*each)(void *arg, const char *user, const struct user_settings *u), void *arg)
{
	struct listing l = {.after = NULL, .count = 0};
	enum err e;
	while ((e = turn_run(s, TURN_READ, list_fn, &l)) == ERR_NONE) {
		bool last = l.count < LIST_TURN, go_on = true;
		for (size_t i = 0; i < l.count && go_on; i++)
			go_on = each(arg, l.entries[i].user, &l.entries[i].settings);
		if (last || !go_on)
			break;
		free(l.after);
		l.after = l.entries[--l.count].user;
	}
	free(l.after);
	listing_clear(&l);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
