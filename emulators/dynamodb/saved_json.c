#include "emulators/dynamodb/saved_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void ddb_saved_add_number(cJSON *object, const char *name, uint64_t number)
{
    char text[24];
    if (number == 0)
        return;
    snprintf(text, sizeof text, "%" PRIu64, number);
    cJSON_AddStringToObject(object, name, text);
}

uint64_t ddb_saved_number(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}
