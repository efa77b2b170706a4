/* value.h -- attribute values and items, as cJSON trees in wire form.
 *
 * Purpose  A value is an object with one member, its type: {"S":"a"}, {"N":"1"}, {"L":[...]}. An
 *          item is an object of name -> value. Normalising checks what a client sent and brings it
 *          to the service's form; all other functions here and in this folder want normal values.
 * Source   API reference, "AttributeValue"; developer guide, "Data types" and "Quotas".
 * Owner    Trees belong to the caller. Normalising changes them in place.
 * Errors   ValidationException (base64: SerializationException) with the service's text; the tree
 *          may then be half normal and is good for nothing but cJSON_Delete.
 * Limits   Strings are NUL-terminated, so U+0000 inside a string is not kept. */
#ifndef EMULATORS_DYNAMODB_VALUE_H
#define EMULATORS_DYNAMODB_VALUE_H

#include <cjson/cJSON.h>

#include "emulators/dynamodb/ddb_error.h"

enum ddb_type {
    DDB_TYPE_S,
    DDB_TYPE_N,
    DDB_TYPE_B,
    DDB_TYPE_SS,
    DDB_TYPE_NS,
    DDB_TYPE_BS,
    DDB_TYPE_M,
    DDB_TYPE_L,
    DDB_TYPE_BOOL,
    DDB_TYPE_NULL,
    DDB_TYPE_COUNT, /* also: none of them */
};

#define DDB_NESTING_MAX 32 /* levels; an attribute's own value is the first */
#define DDB_NESTING_TEXT                                                                           \
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "    \
    "beyond supported limit"
#define DDB_ATTRIBUTE_NAME_MAX 65535

const char *ddb_type_name(enum ddb_type type);      /* "S" */
enum ddb_type ddb_type_find(const char *name);      /* DDB_TYPE_COUNT when there is none */
enum ddb_type ddb_value_type(const cJSON *value);   /* of a normal value */
const cJSON *ddb_value_payload(const cJSON *value); /* what stands behind the type */
/* The text of an S, N or B. */
const char *ddb_value_text(const cJSON *value);

/* Neither empty nor longer than DDB_ATTRIBUTE_NAME_MAX. */
MUST_USE bool ddb_value_check_name(const char *name, struct ddb_fault *fault);
/* One value from a client. Members that are JSON null count as absent. */
MUST_USE bool ddb_value_normalise(cJSON *value, struct ddb_fault *fault);
/* An item or a Key map: every value, and no empty name. */
MUST_USE bool ddb_item_normalise(cJSON *item, struct ddb_fault *fault);

/* The value of a top-level attribute or a map's member; NULL when absent. Linear in the members. */
const cJSON *ddb_item_find(const cJSON *item, const char *name);

/* Sets compare without order, lists and maps deeply, numbers by value. */
bool ddb_value_equal(const cJSON *a, const cJSON *b);
bool ddb_item_equal(const cJSON *a, const cJSON *b); /* NULL equals NULL only */
/* Order of two values of one of the types S, N, B. */
int ddb_value_compare(const cJSON *a, const cJSON *b);
bool ddb_type_is_ordered(enum ddb_type type); /* S, N, B */
bool ddb_type_is_set(enum ddb_type type);

/* Makers; the caller owns what it gets. Texts are copied. */
MUST_USE cJSON *ddb_value_of_text(enum ddb_type type, const char *text); /* S, N or B */
MUST_USE cJSON *ddb_value_empty(enum ddb_type type);                     /* a set, M or L */

#endif
