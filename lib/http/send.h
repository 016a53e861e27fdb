/* Writing to the server. */
#ifndef HTTP_SEND_H
#define HTTP_SEND_H

#include <stdbool.h>
#include <sys/uio.h>

/* Writes all of it, however often the kernel takes only a part; iov is used up. False: nobody reads it
 * any more. */
bool send_all(int fd, struct iovec *iov, int count);

#endif
