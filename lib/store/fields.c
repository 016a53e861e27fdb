#include "store/fields.h"

#include <string.h>

#define RECORD_VERSION 1

/* --- writing --- */

static void put_varint(struct buf *out, uint64_t v)
{
	while (v >= 0x80) {
		buf_addc(out, (char)(v | 0x80));
		v >>= 7;
	}
	buf_addc(out, (char)v);
}

void field_int(struct buf *out, unsigned field, int64_t v)
{
	put_varint(out, (uint64_t)field << 1);
	put_varint(out, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

void field_bytes(struct buf *out, unsigned field, const void *s, size_t len)
{
	put_varint(out, (uint64_t)field << 1 | 1);
	put_varint(out, len);
	buf_add(out, s, len);
}

void field_text(struct buf *out, unsigned field, const char *s)
{
	if (*s != '\0')
		field_bytes(out, field, s, strlen(s));
}

void field_begin(struct buf *out)
{
	buf_addc(out, RECORD_VERSION);
}

/* --- reading --- */

static uint64_t get_varint(struct field_reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (r->p == r->end)
			break;
		unsigned char b = *r->p++;
		v |= (uint64_t)(b & 0x7f) << shift;
		if ((b & 0x80) == 0)
			return v;
	}
	r->bad = true;
	return 0;
}

struct field_reader field_read_begin(const void *bytes, size_t len)
{
	struct field_reader r = {bytes, (const unsigned char *)bytes + len, false};
	if (len == 0 || *r.p++ != RECORD_VERSION)
		r.bad = true;
	return r;
}

bool field_read(struct field_reader *r, struct field *f)
{
	if (r->bad || r->p == r->end)
		return false;
	uint64_t head = get_varint(r);
	uint64_t v = get_varint(r);
	if (r->bad || head > UINT32_MAX) {
		r->bad = true;
		return false;
	}
	f->number = (unsigned)(head >> 1);
	f->is_text = (head & 1) != 0;
	f->i = 0;
	f->s = NULL;
	f->len = 0;
	if (!f->is_text) {
		f->i = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
		return true;
	}
	if (v > (uint64_t)(r->end - r->p)) {
		r->bad = true;
		return false;
	}
	f->s = (const char *)r->p;
	f->len = (size_t)v;
	r->p += v;
	return true;
}

enum err field_fixed(char *to, size_t size, const struct field *f)
{
	if (f->len >= size)
		return ERR_STORAGE;
	memcpy(to, f->s, f->len);
	to[f->len] = '\0';
	return ERR_NONE;
}
