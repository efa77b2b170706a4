/* The published schema and the reader allow the same keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "topology/builtin.h"
#include "topology/schema.h"
#include "topology/world_file.h"

static cJSON *parse_schema(void)
{
    cJSON *schema = cJSON_Parse(topo_world_schema());
    assert_non_null(schema);
    return schema;
}

/* The top of the schema is the section "world", all others are definitions. */
static const cJSON *definition_of(const cJSON *schema, const struct topo_section *section)
{
    if (strcmp(section->name, "world") == 0)
        return schema;
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(schema, "$defs"),
                                            section->name);
}

static const struct topo_key *find_key(const struct topo_section *section, const char *name)
{
    for (size_t i = 0; i < section->key_count; i++)
        if (strcmp(section->keys[i].name, name) == 0)
            return &section->keys[i];
    return NULL;
}

static bool array_has(const cJSON *array, const char *text)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, array) if (strcmp(element->valuestring, text) == 0) return true;
    return false;
}

static void test_the_schema_has_the_readers_keys_and_no_others(void **state)
{
    (void)state;
    cJSON *schema = parse_schema();
    for (size_t i = 0; i < topo_world_section_count(); i++) {
        const struct topo_section *section = topo_world_section_at(i);
        const cJSON *definition = definition_of(schema, section);
        if (definition == NULL)
            fail_msg("the schema defines no %s", section->name);
        const cJSON *properties = cJSON_GetObjectItemCaseSensitive(definition, "properties");
        const cJSON *required = cJSON_GetObjectItemCaseSensitive(definition, "required");
        for (size_t k = 0; k < section->key_count; k++) {
            const struct topo_key *key = &section->keys[k];
            if (cJSON_GetObjectItemCaseSensitive(properties, key->name) == NULL)
                fail_msg("the schema's %s lacks %s", section->name, key->name);
            if (array_has(required, key->name) != key->is_required)
                fail_msg("%s.%s: only one of schema and reader requires it", section->name,
                         key->name);
        }
        const cJSON *property = NULL;
        cJSON_ArrayForEach(property, properties)
        {
            if (find_key(section, property->string) == NULL)
                fail_msg("the reader knows no %s.%s", section->name, property->string);
            if (cJSON_GetObjectItemCaseSensitive(property, "description") == NULL &&
                cJSON_GetObjectItemCaseSensitive(property, "$ref") == NULL)
                fail_msg("%s.%s has no description", section->name, property->string);
        }
        if (!cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(definition, "additionalProperties")))
            fail_msg("the schema's %s lets unknown keys pass", section->name);
    }
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    assert_int_equal(cJSON_GetArraySize(definitions), topo_world_section_count() - 1);
    cJSON_Delete(schema);
}

/* Every "$ref" of the schema leads to a definition. */
static void check_references(const cJSON *node, const cJSON *definitions)
{
    static const char prefix[] = "#/$defs/";
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, node)
    {
        if (child->string != NULL && strcmp(child->string, "$ref") == 0) {
            assert_int_equal(strncmp(child->valuestring, prefix, strlen(prefix)), 0);
            const char *name = child->valuestring + strlen(prefix);
            if (cJSON_GetObjectItemCaseSensitive(definitions, name) == NULL)
                fail_msg("the schema refers to %s, which it does not define", name);
        }
        check_references(child, definitions);
    }
}

static void test_the_schemas_references_resolve(void **state)
{
    (void)state;
    cJSON *schema = parse_schema();
    check_references(schema, cJSON_GetObjectItemCaseSensitive(schema, "$defs"));
    cJSON_Delete(schema);
}

static void test_builtin_worlds_are_found_by_name(void **state)
{
    (void)state;
    struct topo_builtin builtin;
    assert_true(topo_builtin_count() > 0);
    for (size_t i = 0; i < topo_builtin_count(); i++) {
        struct topo_builtin found;
        topo_builtin_get(i, &builtin);
        assert_true(topo_builtin_find(builtin.name, &found));
        assert_ptr_equal(found.text, builtin.text);
        assert_true(builtin.text_bytes > 0);
    }
    assert_false(topo_builtin_find("no-such-world", &builtin));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_schema_has_the_readers_keys_and_no_others),
        cmocka_unit_test(test_the_schemas_references_resolve),
        cmocka_unit_test(test_builtin_worlds_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
