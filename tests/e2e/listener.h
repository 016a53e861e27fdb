/* A receiver of webhooks: takes one request at a time and answers it as told. */
#ifndef E2E_LISTENER_H
#define E2E_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#define LISTENER_HEAD 2000

/* Listens on a free port of 127.0.0.1; url gets the address of /hook there. Aborts on failure. */
int listener_open(char url[80]);

/* Whether somebody connects within this time. */
bool listener_arrives(int listener, int ms);

/*
 * Receives one request and, after a while, answers it with this status line ("200 OK"). Fails the
 * test if none comes. Returns its body, to be freed; head (may be NULL) gets what stands before it.
 */
char *listener_receive(int listener, const char *status, long wait_ms, char head[LISTENER_HEAD]);

#endif
