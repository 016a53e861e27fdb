#include "store/range.h"

#include <string.h>

/* The number of the first entry at or after the key; entries + 1 if there is none. */
static int position(DBC *cursor, const void *key, size_t len, uint32_t *number)
{
	DBT k = {.data = (void *)(uintptr_t)key, .size = (uint32_t)len}, v = {.data = NULL};
	uint32_t recno = 0;
	DBT r = {.data = &recno, .ulen = sizeof(recno), .flags = DB_DBT_USERMEM};
	int e = len > 0 ? cursor->get(cursor, &k, &v, DB_SET_RANGE) : DB_NOTFOUND;
	bool beyond = e == DB_NOTFOUND;
	if (beyond)
		e = cursor->get(cursor, &k, &v, DB_LAST);
	if (e == DB_NOTFOUND) {
		*number = 1;
		return 0;
	}
	if (e == 0)
		e = cursor->get(cursor, &k, &r, DB_GET_RECNO);
	*number = recno + (beyond ? 1 : 0);
	return e;
}

int range_find(struct turn *t, enum db_name n, const void *low, size_t low_len, const void *high,
	size_t high_len, struct range *r)
{
	DB *db;
	DBC *cursor;
	r->first = 1;
	r->count = 0;
	int e = turn_db(t, n, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	uint32_t end = 1;
	if (low_len > 0)
		e = position(cursor, low, low_len, &r->first);
	if (e == 0)
		e = position(cursor, high, high_len, &end);
	if (e == 0 && end > r->first)
		r->count = (int64_t)end - r->first;
	int closed = cursor->close(cursor);
	return e != 0 ? e : closed;
}

int range_walk_down(struct turn *t, enum db_name n, uint32_t start, int64_t limit,
	int (*each)(void *arg, const unsigned char *key, size_t len), void *arg)
{
	DB *db;
	DBC *cursor;
	if (limit <= 0)
		return 0;
	int e = turn_db(t, n, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	uint32_t recno = start;
	DBT k = {.data = &recno, .size = sizeof(recno)}, v = {.data = NULL};
	e = cursor->get(cursor, &k, &v, DB_SET_RECNO);
	while (e == 0) {
		e = each(arg, k.data, k.size);
		if (e != 0 || --limit == 0)
			break;
		e = cursor->get(cursor, &k, &v, DB_PREV);
	}
	if (e == DB_NOTFOUND || e == RANGE_STOP)
		e = 0;
	int closed = cursor->close(cursor);
	return e != 0 ? e : closed;
}
