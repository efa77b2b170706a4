/* http_date.h -- "Thu, 01 Jan 2026 00:00:00 GMT" (RFC 9110, section 5.6.7). */
#ifndef EMULATORS_WIRE_HTTP_DATE_H
#define EMULATORS_WIRE_HTTP_DATE_H

#include "sim/core/base.h"

#define HTTP_DATE_BYTES 32

/* False: not this form, or no such day. The day's name is not looked at. */
MUST_USE bool http_date_parse(const char *text, uint64_t *time_s);
void http_date_format(uint64_t time_s, char text[HTTP_DATE_BYTES]); /* s since the epoch */

#endif
