#include "store/backup.h"

#include "base/fault.h"

enum err store_backup(struct store *s, const char *dir, struct backup_report *r, struct buf *why)
{
	enum err e = copy_make(s, dir, &r->copy, why);
	if (e == ERR_NONE)
		e = verify_directory(dir, &r->verify, why);
	if (e != ERR_NONE)
		return e;
	r->manifest.format = STORE_FORMAT;
	r->manifest.problems = r->verify.problems;
	r->manifest.calls = r->verify.count > 0 ? r->verify.counts[0].entries : 0;
	FAULT_POINT("backup-before-manifest");
	return manifest_write(dir, &r->manifest, why);
}
