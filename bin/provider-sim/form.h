/*
 * application/x-www-form-urlencoded text: the bodies of forms, and queries.
 */
#ifndef SIM_FORM_H
#define SIM_FORM_H

/*
 * The value of the first member of this name, decoded. NULL if there is none or if it is not
 * decodable text. The caller frees.
 */
char *form_value(const char *form, const char *name);

/* Percent-encodes everything but letters, digits and -._~ . The caller frees. */
char *form_escape(const char *text);

/* The form with the values of the named members (a NULL-terminated list) replaced by "***". */
char *form_mask(const char *form, const char *const *names);

/* An address with these parameters added to its query; a NULL value leaves its name out. */
char *form_add(const char *address, const char *name, const char *value);

#endif
