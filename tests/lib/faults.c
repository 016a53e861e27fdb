#include "lib/faults.h"

#include <errno.h>

const struct fault faults[] = {
	{"no memory", INJECT_MEMORY, INJECT_FAIL, ENOMEM, false},
	{"no memory any more", INJECT_MEMORY, INJECT_FAIL, ENOMEM, true},
	{"no address space", INJECT_MAP, INJECT_FAIL, ENOMEM, false},
	{"too many files", INJECT_OPEN, INJECT_FAIL, EMFILE, false},
	{"nothing opens any more", INJECT_OPEN, INJECT_FAIL, EIO, true},
	{"a read fails", INJECT_READ, INJECT_FAIL, EIO, true},
	{"a short read or write", INJECT_READ | INJECT_WRITE, INJECT_SHORT, 0, false},
	{"no room", INJECT_WRITE | INJECT_SIZE, INJECT_FAIL, ENOSPC, false},
	{"no room any more", INJECT_WRITE | INJECT_SIZE, INJECT_FAIL, ENOSPC, true},
	{"room for half of it", INJECT_WRITE | INJECT_SIZE, INJECT_TORN, ENOSPC, true},
	{"a write fails", INJECT_WRITE, INJECT_FAIL, EIO, false},
	{"no write works any more", INJECT_CHANGES & ~INJECT_OPEN, INJECT_FAIL, EIO, true},
	{"a sync fails", INJECT_SYNC, INJECT_FAIL, EIO, false},
	{"no sync works any more", INJECT_SYNC, INJECT_FAIL, EIO, true},
	{"a name cannot be changed", INJECT_NAME, INJECT_FAIL, EACCES, false},
	{"killed before", INJECT_CHANGES, INJECT_KILL, 0, false},
	{"killed in the middle", INJECT_WRITE, INJECT_KILL_TORN, 0, false},
	{"killed after", INJECT_CHANGES, INJECT_KILL_AFTER, 0, false},
};
const int fault_count = (int)(sizeof(faults) / sizeof(faults[0]));

bool fault_kills(const struct fault *f)
{
	return f->how == INJECT_KILL || f->how == INJECT_KILL_AFTER || f->how == INJECT_KILL_TORN;
}

struct inject fault_at(const struct fault *f, long at)
{
	return (struct inject){
		.kinds = f->kinds, .how = f->how, .error = f->error, .at = at, .onward = f->onward};
}
