/* name.h -- domain names as Route 53 keeps them.
 *
 * Purpose  Text with octal escapes to lower-case wire form and back; the order of lists.
 * Source   Route 53 developer guide, "DNS domain name format".
 * Owner    struct r53_name is a plain value. */
#ifndef EMULATORS_ROUTE53_NAME_H
#define EMULATORS_ROUTE53_NAME_H

#include "sim/core/base.h"

#define R53_NAME_WIRE_MAX   255
#define R53_NAME_TEXT_BYTES 1024 /* every byte escaped, the dots, the NUL */

struct r53_name {
    uint8_t length_bytes; /* of wire, with the root label */
    uint8_t wire[R53_NAME_WIRE_MAX];
};

enum r53_name_fault {
    R53_NAME_OK,
    R53_NAME_EMPTY,
    R53_NAME_LABEL_EMPTY,
    R53_NAME_LABEL_TOO_LONG,
    R53_NAME_TOO_LONG,
    R53_NAME_UNSUPPORTED,
};

/* The trailing dot is optional, letters become lower case, \ooo is one byte. */
MUST_USE enum r53_name_fault r53_name_parse(const char *text, struct r53_name *name);
/* The service's words: "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with".
 */
const char *r53_name_fault_text(enum r53_name_fault fault);
/* From a wire name without compression that ends within bytes; false if it does not. */
MUST_USE bool r53_name_from_wire(const uint8_t *wire, size_t bytes, struct r53_name *name);
/* "\052.example.com." of a wire name. */
void r53_name_text(const uint8_t *wire, char text[R53_NAME_TEXT_BYTES]);
/* "com.example.www.": what ListResourceRecordSets sorts by. */
void r53_name_list_key(const uint8_t *wire, char text[R53_NAME_TEXT_BYTES]);

bool r53_name_is_equal(const struct r53_name *a, const struct r53_name *b);
/* name is zone or lies below it. */
bool r53_name_is_within(const struct r53_name *name, const struct r53_name *zone);
size_t r53_name_label_count(const uint8_t *wire); /* without the root */
size_t r53_name_wire_bytes(const uint8_t *wire);  /* with the root */
/* "*." in front of suffix; false if that is too long. */
MUST_USE bool r53_name_wildcard(const uint8_t *suffix, struct r53_name *name);

#endif
