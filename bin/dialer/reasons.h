/* Why a provider did not take a call, in words that say what to do about it. */
#ifndef DIALER_REASONS_H
#define DIALER_REASONS_H

/* A whole sentence for a reason such as "aircall_user_unavailable"; NULL for one it does not know.
 * `provider` is "aircall" or "dialpad": some reasons are the same for both. */
const char *reason_sentence(const char *provider, const char *reason);

#endif
