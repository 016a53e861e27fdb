/* Reading metrics strictly: the text exposition format of Prometheus, version 0.0.4. */
#ifndef E2E_EXPOSITION_H
#define E2E_EXPOSITION_H

/* What is wrong with the text, or NULL: the form of each line, HELP and TYPE once and before the
 * samples of a family, families in one piece, no sample twice, counters named and valued so. */
const char *exposition_fault(const char *text);

/* The value of the sample written exactly so, such as `x_total{provider="aircall"}`. Fails the test
 * if there is none. */
double metric(const char *text, const char *sample);
/* Whether there is such a sample. */
int has_metric(const char *text, const char *sample);

#endif
