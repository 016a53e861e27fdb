#include "base/err.h"

const char *err_word(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return "none";
	case ERR_NOT_FOUND:
		return "not found";
	case ERR_INVALID:
		return "invalid";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_TOO_LARGE:
		return "too large";
	case ERR_BUSY:
		return "busy";
	case ERR_STORAGE:
		return "storage";
	case ERR_NOMEM:
		return "out of memory";
	case ERR_IO:
		return "i/o";
	}
	return "unknown";
}
