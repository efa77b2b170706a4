/* fixture_things.h -- the plain oracle of the model test: items as C structs, and random conditions
 * and updates, each written for the service and evaluated here.
 *
 * Purpose  A thing holds everything an item can hold in this test: five scalar attributes, a set of
 *          texts (as bits) and a list of numbers. Nothing here uses the code under test.
 * Owner    Plain values; buffers belong to the caller. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_THINGS_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_THINGS_H

#include <cjson/cJSON.h>
#include <limits.h>

#include "sim/core/buffer.h"
#include "sim/core/random.h"

#define THING_PARTITIONS 8
#define THING_SORTS      12
#define THING_KEYS       (THING_PARTITIONS * THING_SORTS)
#define THING_ABSENT     INT_MIN
#define THING_LIST_MAX   6
#define THING_MEMBERS    4 /* of the set */

/* Texts are the attribute's letter and one digit ("g2"), so that they sort like their digits. */
enum thing_field {
    THING_G,
    THING_H,
    THING_T,
    THING_N,
    THING_V,
    THING_SCALARS,
    THING_PK = THING_SCALARS, /* of the key */
    THING_SK,
    THING_FIELDS,
    THING_MEMBER_SET = THING_FIELDS,
    THING_NUMBER_LIST,
};

struct thing {
    bool exists;
    int scalars[THING_SCALARS];
    unsigned members; /* of the set; 0: no set */
    int list_count;   /* -1: no list */
    int list[THING_LIST_MAX];
};

extern const struct thing thing_none;

const char *thing_field_name(enum thing_field field);
bool thing_field_is_text(enum thing_field field);
/* Of the thing or of its key; THING_ABSENT when there is none. */
int thing_value(unsigned key, const struct thing *thing, enum thing_field field);
bool thing_equal(const struct thing *a, const struct thing *b);
void thing_draw(struct sim_random *random, struct thing *thing);
int thing_draw_value(struct sim_random *random, enum thing_field field);

/* {"S":"g2"}, {"N":"5"}; in PartiQL 'g2', 5. */
void thing_print_value(struct sim_buffer *out, enum thing_field field, int value, bool is_partiql);
void thing_print_key(struct sim_buffer *out, unsigned key);
void thing_print(struct sim_buffer *out, unsigned key, const struct thing *thing, bool is_partiql);
/* False when the item holds anything that no thing holds. */
bool thing_read_key(const cJSON *item, unsigned *key);
bool thing_read(const cJSON *item, unsigned *key, struct thing *thing);

/* Text of an expression and the values that it names; in PartiQL literals stand in the text. */
struct thing_writer {
    struct sim_buffer text;
    struct sim_buffer values;
    unsigned value_count;
    bool is_partiql;
};

void thing_writer_init(struct thing_writer *writer, bool is_partiql);
void thing_writer_fini(struct thing_writer *writer);
void thing_write_operand(struct thing_writer *writer, enum thing_field field, int value);

enum thing_test_kind { THING_EXISTS, THING_COMPARES, THING_IS_BETWEEN, THING_CONTAINS };

struct thing_test {
    enum thing_test_kind kind;
    enum thing_field field;
    unsigned comparator; /* = < <= > >= */
    int low;
    int high;
    bool is_negated;
};

struct thing_condition {
    struct thing_test tests[2];
    unsigned count;
    bool is_any; /* OR, else AND */
};

bool thing_compare(unsigned comparator, int left, int right);
const char *thing_comparator(unsigned comparator);
/* On the fields that allowed has a bit for. */
void thing_condition_draw(struct sim_random *random, unsigned allowed, struct thing_condition *out);
void thing_condition_write(struct thing_writer *writer, const struct thing_condition *condition);
bool thing_condition_holds(const struct thing_condition *condition, unsigned key,
                           const struct thing *thing);

enum thing_change_kind {
    THING_SET,     /* SET f = :x */
    THING_SUM,     /* SET v = v + :x: an error without v */
    THING_DEFAULT, /* SET v = if_not_exists(v, :x) */
    THING_ADD,     /* ADD v :x */
    THING_REMOVE,
    THING_ADD_MEMBERS,
    THING_DELETE_MEMBERS,
    THING_APPEND, /* SET l = list_append(if_not_exists(l, :none), :x) */
    THING_REMOVE_FIRST,
    THING_REMOVE_LIST,
};

struct thing_change {
    enum thing_change_kind kind;
    enum thing_field field;
    int value;
};

struct thing_update {
    struct thing_change changes[3];
    unsigned count;
};

/* An update that fits what is there; may_fail: perhaps one that does not. */
void thing_update_draw(struct sim_random *random, const struct thing *thing, bool is_partiql,
                       bool may_fail, struct thing_update *out);
void thing_update_write(struct thing_writer *writer, const struct thing_update *update);
/* False: the service refuses it. */
bool thing_update_apply(const struct thing_update *update, struct thing *thing);

#endif
