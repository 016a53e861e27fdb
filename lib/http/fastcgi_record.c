#include "http/fastcgi_record.h"

#include <string.h>

#define VERSION          1
#define TYPE_END_REQUEST 3
#define TYPE_STDOUT      6

static void header(unsigned char *out, unsigned char type, uint16_t id, size_t len)
{
	out[0] = VERSION;
	out[1] = type;
	out[2] = (unsigned char)(id >> 8);
	out[3] = (unsigned char)(id & 255);
	out[4] = (unsigned char)(len >> 8 & 255);
	out[5] = (unsigned char)(len & 255);
	out[6] = 0; /* no padding */
	out[7] = 0;
}

void fastcgi_record_header(unsigned char out[FASTCGI_HEADER], uint16_t id, size_t len)
{
	header(out, TYPE_STDOUT, id, len);
}

void fastcgi_record_finish(unsigned char out[FASTCGI_TAIL], uint16_t id)
{
	header(out, TYPE_STDOUT, id, 0);
	header(out + FASTCGI_HEADER, TYPE_END_REQUEST, id, 8);
	/* Application status 0, protocol status 0: complete. */
	memset(out + 2 * (size_t)FASTCGI_HEADER, 0, 8);
}

void fastcgi_record_begin(struct buf *b)
{
	static const unsigned char room[FASTCGI_HEADER];

	buf_add(b, room, sizeof(room));
}

void fastcgi_record_end(struct buf *b, size_t begin, uint16_t id)
{
	unsigned char end[FASTCGI_TAIL];
	size_t len;

	if (b->failed)
		return;
	len = b->len - begin - FASTCGI_HEADER;
	if (len > FASTCGI_CONTENT_MAX) {
		buf_release(b);
		b->failed = true;
		return;
	}
	fastcgi_record_header((unsigned char *)b->s + begin, id, len);
	fastcgi_record_finish(end, id);
	buf_add(b, end, sizeof(end));
}
