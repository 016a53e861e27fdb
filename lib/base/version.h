/* The version of the whole: programs print it, providers see it in the User-Agent. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define DIALER_VERSION "0.1.0"

#endif
