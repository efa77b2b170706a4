/* signature_date.h -- when a request was signed, and whether that is still good.
 *
 * Source   Texts: DynamoDB's answers. A signature is good from 15 minutes before its time to 15
 *          minutes after it, or for as long as X-Amz-Expires of a presigned query says. */
#ifndef EMULATORS_WIRE_SIGNATURE_DATE_H
#define EMULATORS_WIRE_SIGNATURE_DATE_H

#include "emulators/wire/front_message.h"

#define SIGNATURE_DATE_BYTES 17 /* "20260101T000000Z" and its NUL */

/* False: not that form, or no such day. */
MUST_USE bool signature_date_parse(const char *text, uint64_t *time_s);
void signature_date_format(uint64_t time_s, char text[SIGNATURE_DATE_BYTES]);

/* Says what is wrong with a date that signature_date_parse() does not take; false. */
bool signature_date_refuse(struct sim_arena *arena, const char *date, struct wire_error *error);
/* expires: of a presigned query, else NULL. False, and *error filled: no date, too old, too far in
 * the future, or expires is no such number. */
MUST_USE bool signature_date_check(struct sim_arena *arena, const char *date, const char *expires,
                                   uint64_t now_us, struct wire_error *error);

#endif
