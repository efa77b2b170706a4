/* Items, conditions and updates of the model test, done the plain way. */
#include "tests/property/dynamodb/fixture_things.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MIN (-3)
#define N_MAX 12

const struct thing thing_none = {
    .scalars = {THING_ABSENT, THING_ABSENT, THING_ABSENT, THING_ABSENT, THING_ABSENT},
    .list_count = -1,
};

static const struct {
    const char *name;
    bool is_text;
    unsigned values; /* of a text; 0: a number */
} fields[THING_FIELDS] = {
    [THING_G] = {"g", true, 4},
    [THING_H] = {"h", true, 2},
    [THING_T] = {"t", true, 3},
    [THING_N] = {"n", false, 0},
    [THING_V] = {"v", false, 0},
    [THING_PK] = {"pk", true, THING_PARTITIONS},
    [THING_SK] = {"sk", false, THING_SORTS},
};

const char *thing_field_name(enum thing_field field)
{
    return fields[field].name;
}

bool thing_field_is_text(enum thing_field field)
{
    return fields[field].is_text;
}

int thing_value(unsigned key, const struct thing *thing, enum thing_field field)
{
    if (field == THING_PK)
        return (int)(key / THING_SORTS);
    if (field == THING_SK)
        return (int)(key % THING_SORTS);
    return thing->scalars[field];
}

bool thing_equal(const struct thing *a, const struct thing *b)
{
    if (a->exists != b->exists || a->members != b->members || a->list_count != b->list_count)
        return false;
    for (int i = 0; i < THING_SCALARS; i++)
        if (a->scalars[i] != b->scalars[i])
            return false;
    for (int i = 0; i < a->list_count; i++)
        if (a->list[i] != b->list[i])
            return false;
    return true;
}

int thing_draw_value(struct sim_random *random, enum thing_field field)
{
    if (fields[field].values > 0)
        return (int)sim_random_below(random, fields[field].values);
    return N_MIN + (int)sim_random_below(random, N_MAX - N_MIN + 1);
}

void thing_draw(struct sim_random *random, struct thing *thing)
{
    *thing = thing_none;
    thing->exists = true;
    for (int i = 0; i < THING_SCALARS; i++)
        if (sim_random_below(random, 4) != 0)
            thing->scalars[i] = thing_draw_value(random, (enum thing_field)i);
    if (sim_random_below(random, 2) == 0)
        thing->members = (unsigned)sim_random_below(random, 1u << THING_MEMBERS);
    thing->list_count = (int)sim_random_below(random, 5) - 1;
    for (int i = 0; i < thing->list_count; i++)
        thing->list[i] = (int)sim_random_below(random, 100);
}

/* --- as text --- */

static void print_set(struct sim_buffer *out, unsigned members)
{
    const char *before = "";
    for (unsigned i = 0; i < THING_MEMBERS; i++)
        if ((members & 1u << i) != 0) {
            sim_buffer_printf(out, "%s\"m%u\"", before, i);
            before = ",";
        }
}

static void print_list(struct sim_buffer *out, const int *list, int count, bool is_partiql)
{
    for (int i = 0; i < count; i++)
        sim_buffer_printf(out, is_partiql ? "%s%d" : "%s{\"N\":\"%d\"}", i > 0 ? "," : "", list[i]);
}

void thing_print_value(struct sim_buffer *out, enum thing_field field, int value, bool is_partiql)
{
    if (fields[field].is_text)
        sim_buffer_printf(out, is_partiql ? "'%c%d'" : "{\"S\":\"%c%d\"}", fields[field].name[0],
                          value);
    else
        sim_buffer_printf(out, is_partiql ? "%d" : "{\"N\":\"%d\"}", value);
}

void thing_print_key(struct sim_buffer *out, unsigned key)
{
    sim_buffer_printf(out, "{\"pk\":{\"S\":\"p%u\"},\"sk\":{\"N\":\"%u\"}}", key / THING_SORTS,
                      key % THING_SORTS);
}

void thing_print(struct sim_buffer *out, unsigned key, const struct thing *thing, bool is_partiql)
{
    const char *quote = is_partiql ? "'" : "\"";
    for (int i = THING_FIELDS - 1; i >= 0; i--) {
        enum thing_field field = (enum thing_field)i;
        int value = thing_value(key, thing, field);
        if (value == THING_ABSENT)
            continue;
        sim_buffer_printf(out, "%s%s%s%s:", i == THING_FIELDS - 1 ? "{" : ",", quote,
                          fields[i].name, quote);
        thing_print_value(out, field, value, is_partiql);
    }
    if (thing->members != 0) {
        sim_buffer_printf(out, is_partiql ? ",'s':<<" : ",\"s\":{\"SS\":[");
        size_t from = out->length_bytes;
        print_set(out, thing->members);
        for (size_t i = from; is_partiql && i < out->length_bytes; i++)
            if (out->data[i] == '"')
                out->data[i] = '\'';
        sim_buffer_append_text(out, is_partiql ? ">>" : "]}");
    }
    if (thing->list_count >= 0) {
        sim_buffer_printf(out, is_partiql ? ",'l':[" : ",\"l\":{\"L\":[");
        print_list(out, thing->list, thing->list_count, is_partiql);
        sim_buffer_append_text(out, is_partiql ? "]" : "]}");
    }
    sim_buffer_append_text(out, "}");
}

static bool read_number(const cJSON *value, int *number)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(value, "N");
    if (!cJSON_IsString(text) || cJSON_GetArraySize(value) != 1)
        return false;
    *number = (int)strtol(text->valuestring, NULL, 10);
    return true;
}

static bool read_text(const cJSON *value, char letter, int *number)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(value, "S");
    if (!cJSON_IsString(text) || text->valuestring[0] != letter || cJSON_GetArraySize(value) != 1)
        return false;
    *number = (int)strtol(text->valuestring + 1, NULL, 10);
    return true;
}

static bool read_set(const cJSON *value, unsigned *members)
{
    const cJSON *set = cJSON_GetObjectItemCaseSensitive(value, "SS");
    if (!cJSON_IsArray(set) || set->child == NULL)
        return false;
    for (const cJSON *member = set->child; member != NULL; member = member->next) {
        unsigned bit = 1u << (unsigned)(member->valuestring[1] - '0');
        if ((*members & bit) != 0)
            return false;
        *members |= bit;
    }
    return true;
}

static bool read_list(const cJSON *value, struct thing *thing)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(value, "L");
    if (!cJSON_IsArray(list))
        return false;
    thing->list_count = 0;
    for (const cJSON *element = list->child; element != NULL; element = element->next)
        if (thing->list_count == THING_LIST_MAX ||
            !read_number(element, &thing->list[thing->list_count++]))
            return false;
    return true;
}

bool thing_read_key(const cJSON *item, unsigned *key)
{
    int partition = 0;
    int sort = 0;
    if (!read_text(cJSON_GetObjectItemCaseSensitive(item, "pk"), 'p', &partition) ||
        !read_number(cJSON_GetObjectItemCaseSensitive(item, "sk"), &sort) || partition < 0 ||
        partition >= THING_PARTITIONS || sort < 0 || sort >= THING_SORTS)
        return false;
    *key = (unsigned)(partition * THING_SORTS + sort);
    return true;
}

bool thing_read(const cJSON *item, unsigned *key, struct thing *thing)
{
    *thing = thing_none;
    thing->exists = true;
    if (!thing_read_key(item, key))
        return false;
    for (const cJSON *member = item->child; member != NULL; member = member->next) {
        int i = 0;
        bool is_read = true;
        while (i < THING_FIELDS && strcmp(fields[i].name, member->string) != 0)
            i++;
        if (i < THING_SCALARS)
            is_read = fields[i].is_text ? read_text(member, member->string[0], &thing->scalars[i])
                                        : read_number(member, &thing->scalars[i]);
        else if (i == THING_FIELDS && strcmp(member->string, "s") == 0)
            is_read = read_set(member, &thing->members);
        else if (i == THING_FIELDS)
            is_read = strcmp(member->string, "l") == 0 && read_list(member, thing);
        if (!is_read)
            return false;
    }
    return true;
}

void thing_writer_init(struct thing_writer *writer, bool is_partiql)
{
    sim_buffer_init(&writer->text);
    sim_buffer_init(&writer->values);
    sim_buffer_append_text(&writer->text, "");
    writer->value_count = 0;
    writer->is_partiql = is_partiql;
}

void thing_writer_fini(struct thing_writer *writer)
{
    sim_buffer_fini(&writer->text);
    sim_buffer_fini(&writer->values);
}

static void begin_value(struct thing_writer *writer)
{
    sim_buffer_printf(&writer->text, ":v%u", writer->value_count);
    sim_buffer_printf(&writer->values, "%s\":v%u\":", writer->value_count > 0 ? "," : "",
                      writer->value_count);
    writer->value_count++;
}

void thing_write_operand(struct thing_writer *writer, enum thing_field field, int value)
{
    if (writer->is_partiql) {
        thing_print_value(&writer->text, field, value, true);
        return;
    }
    begin_value(writer);
    thing_print_value(&writer->values, field, value, false);
}
