/* The published schema and the reader allow the same keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "sim/drill/drill_file.h"
#include "sim/drill/drill_schema.h"

static cJSON *parse_schema(void)
{
    cJSON *schema = cJSON_Parse(drill_schema());
    assert_non_null(schema);
    return schema;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The top of the schema is the section "drill", all others are definitions. */
static const cJSON *definition_of(const cJSON *schema, const struct topo_section *section)
{
    return strcmp(section->name, "drill") == 0 ? schema
                                               : member(member(schema, "$defs"), section->name);
}

static bool array_has(const cJSON *array, const char *text)
{
    const cJSON *element;
    cJSON_ArrayForEach(element, array)
    {
        if (strcmp(element->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool section_has(const struct topo_section *section, const char *key)
{
    for (size_t i = 0; i < section->key_count; i++)
        if (strcmp(section->keys[i].name, key) == 0)
            return true;
    return false;
}

static void test_the_schema_has_the_readers_keys_and_no_others(void **state)
{
    (void)state;
    cJSON *schema = parse_schema();
    for (size_t i = 0; i < drill_section_count(); i++) {
        const struct topo_section *section = drill_section_at(i);
        const cJSON *definition = definition_of(schema, section);
        if (definition == NULL)
            fail_msg("the schema defines no %s", section->name);
        const cJSON *properties = member(definition, "properties");
        for (size_t k = 0; k < section->key_count; k++) {
            const struct topo_key *key = &section->keys[k];
            if (member(properties, key->name) == NULL)
                fail_msg("the schema's %s lacks %s", section->name, key->name);
            if (array_has(member(definition, "required"), key->name) != key->is_required)
                fail_msg("%s.%s: only one of schema and reader requires it", section->name,
                         key->name);
        }
        const cJSON *property;
        cJSON_ArrayForEach(property, properties)
        {
            if (!section_has(section, property->string))
                fail_msg("the reader knows no %s.%s", section->name, property->string);
        }
        if (!cJSON_IsFalse(member(definition, "additionalProperties")))
            fail_msg("the schema's %s lets unknown keys pass", section->name);
    }
    assert_int_equal(cJSON_GetArraySize(member(schema, "$defs")), drill_section_count() - 1);
    cJSON_Delete(schema);
}

static void test_the_schema_lists_every_kind_of_fault(void **state)
{
    (void)state;
    cJSON *schema = parse_schema();
    const cJSON *fault = member(member(schema, "$defs"), "fault");
    const cJSON *kinds = member(member(member(fault, "properties"), "kind"), "enum");
    assert_int_equal(cJSON_GetArraySize(kinds), SIM_FAULT_KIND_COUNT);
    for (size_t i = 0; i < SIM_FAULT_KIND_COUNT; i++)
        if (!array_has(kinds, sim_fault_kind_name((enum sim_fault_kind)i)))
            fail_msg("the schema lacks %s", sim_fault_kind_name((enum sim_fault_kind)i));
    cJSON_Delete(schema);
}

static void test_every_measure_is_an_objective(void **state)
{
    (void)state;
    for (size_t i = 0; i < drill_section_count(); i++) {
        const struct topo_section *section = drill_section_at(i);
        if (strcmp(section->name, "objectives") != 0)
            continue;
        for (size_t m = 0; m < DRILL_MEASURE_COUNT; m++)
            if (!section_has(section, drill_measures[m].key))
                fail_msg("no objective %s", drill_measures[m].key);
        return;
    }
    fail_msg("no section of objectives");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_schema_has_the_readers_keys_and_no_others),
        cmocka_unit_test(test_the_schema_lists_every_kind_of_fault),
        cmocka_unit_test(test_every_measure_is_an_objective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
