/*
 * The log files of the databases. Those from before the last checkpoint are not needed to recover
 * and are removed in the course of things, but not while a copy of the databases is being made: it
 * needs all that was logged from its beginning on. The file `backup.lock` of the data directory
 * says so; it is locked before the gate is entered, never inside.
 */
#ifndef STORE_LOGS_H
#define STORE_LOGS_H

#include "store/store.h"

/* Keeps all log files until *fd is given back: ERR_BUSY, while somebody else does (for longer than
 * wait_ms), ERR_IO. */
enum err logs_keep(const char *data_dir, int64_t wait_ms, int *fd) must_check;
void logs_release(int fd); /* -1 is fine */

/* Writes a checkpoint if there is something to write, and removes the log files that are not needed
 * any more, unless somebody keeps them. */
enum err logs_tidy(struct store *s) must_check;

#endif
