/*
 * Records of FastCGI 1.0 as a responder sends them (fastcgi.com, Specification, 3.3 and 5): a header of
 * 8 bytes, at most 65,535 bytes of contents, padding. An answer is a stream of records STDOUT, an empty
 * one at its end, and END_REQUEST.
 */
#ifndef HTTP_FASTCGI_RECORD_H
#define HTTP_FASTCGI_RECORD_H

#include "base/buf.h"
#include <stddef.h>
#include <stdint.h>

#define FASTCGI_HEADER      8
#define FASTCGI_CONTENT_MAX ((size_t)65528) /* the largest multiple of 8: nothing is padded */
#define FASTCGI_TAIL        24              /* bytes of what ends an answer */

/* The header of a record STDOUT with so many bytes, at most FASTCGI_CONTENT_MAX. */
void fastcgi_record_header(unsigned char out[FASTCGI_HEADER], uint16_t id, size_t len);
/* What follows the last record of an answer: the end of STDOUT, and END_REQUEST: complete. */
void fastcgi_record_finish(unsigned char out[FASTCGI_TAIL], uint16_t id);

/* A complete answer in one record is what is added to the buffer between the two. One that is too long
 * for a record makes the buffer fail; `begin`: its length before. */
void fastcgi_record_begin(struct buf *b);
void fastcgi_record_end(struct buf *b, size_t begin, uint16_t id);

#endif
