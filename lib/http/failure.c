#include "http/failure.h"

#include <string.h>

bool path_callid(const char *path_info, struct callid *id)
{
	return path_info[0] == '/' && callid_parse(path_info + 1, strlen(path_info + 1), id);
}

void response_failure(struct response *r, enum err e)
{
	switch (e) {
	case ERR_NOT_FOUND:
		response_not_found(r);
		break;
	case ERR_BUSY:
	case ERR_STORAGE:
		response_storage_unavailable(r);
		break;
	default:
		response_internal(r);
		break;
	}
}
