#include "emulators/dynamodb/value_set.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "emulators/dynamodb/number.h"

struct member {
    cJSON *json;
    struct ddb_number number; /* of an NS: read once, compared often */
};

static int by_text(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    return strcmp(left->json->valuestring, right->json->valuestring);
}

static int by_bytes(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    return ddb_base64_compare(left->json->valuestring, right->json->valuestring);
}

static int by_number(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    return ddb_number_compare(&left->number, &right->number);
}

static void link_in_order(cJSON *set, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        members[i].json->prev =
            members[i > 0 ? i - 1 : count - 1].json; /* the first has the last */
        members[i].json->next = i + 1 < count ? members[i + 1].json : NULL;
    }
    set->child = members[0].json;
}

void ddb_set_sort(cJSON *set, enum ddb_type type)
{
    size_t count = (size_t)cJSON_GetArraySize(set);
    if (count < 2)
        return;
    struct member *members = sim_alloc_array(count, sizeof *members);
    size_t used = 0;
    for (cJSON *json = set->child; json != NULL; json = json->next, used++) {
        members[used].json = json;
        if (type == DDB_TYPE_NS) {
            bool is_normal = ddb_number_parse(json->valuestring, &members[used].number, NULL);
            CHECK(is_normal);
        }
    }
    qsort(members, count, sizeof *members,
          type == DDB_TYPE_NS   ? by_number
          : type == DDB_TYPE_BS ? by_bytes
                                : by_text);
    link_in_order(set, members, count);
    free(members);
}
