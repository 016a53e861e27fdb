/* Stored records: damaged ones are refused, and what is read is written as it was. The first byte says
 * which kind it is. */
#include "fuzz/fuzz.h"
#include "store/codec.h"

static void call_record(const uint8_t *data, size_t size)
{
	static const struct callid id = {{0x6a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
	struct call c, again;
	struct buf one, two;
	call_init(&c);
	call_init(&again);
	buf_init(&one, CODEC_RECORD_MAX);
	buf_init(&two, CODEC_RECORD_MAX);
	if (codec_call_read(data, size, &id, &c) == ERR_NONE) {
		codec_call(&one, &c);
		must(!one.failed);
		must(codec_call_read(one.s, one.len, &id, &again) == ERR_NONE);
		codec_call(&two, &again);
		must(one.len == two.len && memcmp(one.s, two.s, one.len) == 0);
	}
	call_release(&c);
	call_release(&again);
	buf_release(&one);
	buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct user_settings u;
	struct key_record k;
	struct trail_entry t;
	if (size < 1 || size > CODEC_RECORD_MAX)
		return 0;
	switch (data[0] & 3) {
	case 0:
		call_record(data + 1, size - 1);
		break;
	case 1:
		(void)!codec_user_read(data + 1, size - 1, &u);
		break;
	case 2:
		key_record_init(&k);
		(void)!codec_key_read(data + 1, size - 1, &k);
		key_record_release(&k);
		break;
	default:
		(void)!codec_trail_read(data + 1, size - 1, &t);
		break;
	}
	return 0;
}
