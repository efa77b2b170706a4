/* xml_read.c -- parses with libxml2 and checks against the shapes. */
#include "emulators/wire/xml_read.h"

#include <ctype.h>
#include <string.h>

#include <libxml/parser.h>

#include "emulators/wire/types.h"

struct reader {
    const struct front_exchange *exchange;
    struct sim_arena *arena;
    struct wire_error *error;
};

static bool refuse(struct reader *reader, const char *code, const char *message)
{
    *reader->error = (struct wire_error){.code = code, .status = 400, .message = message};
    return false;
}

static bool is_named(const xmlNode *node, const char *name)
{
    return strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *first_element(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

/* {"https://...":Name, "https://...":Type} */
static void append_expected(struct reader *reader, struct sim_buffer *text, const char *name)
{
    const char *name_space = reader->exchange->route.model->xml_namespace;
    sim_buffer_printf(text, "%s\"%s\":%s", text->length_bytes == 0 ? "" : ", ",
                      name_space == NULL ? "" : name_space, name);
}

static const char *take_text(struct reader *reader, struct sim_buffer *text)
{
    const char *kept =
        sim_arena_strndup(reader->arena, text->data == NULL ? "" : text->data, text->length_bytes);
    sim_buffer_fini(text);
    return kept;
}

static bool refuse_unexpected(struct reader *reader, const xmlNode *node, const char *expected)
{
    const char *message =
        expected[0] == '\0'
            ? sim_arena_printf(reader->arena,
                               "Invalid XML ; cvc-complex-type.2.4.d: Invalid content was found "
                               "starting with element '%.100s'. No child element is expected at "
                               "this point.",
                               (const char *)node->name)
            : sim_arena_printf(reader->arena,
                               "Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found "
                               "starting with element '%.100s'. One of '{%s}' is expected.",
                               (const char *)node->name, expected);
    return refuse(reader, "InvalidInput", message);
}

static bool refuse_incomplete(struct reader *reader, const xmlNode *node, const char *expected)
{
    return refuse(reader, "InvalidInput",
                  sim_arena_printf(reader->arena,
                                   "Invalid XML ; cvc-complex-type.2.4.b: The content of element "
                                   "'%.100s' is not complete. One of '{%s}' is expected.",
                                   (const char *)node->name, expected));
}

/* What may still come: members of the body that were not seen, or only those that must come. */
static const char *expected_members(struct reader *reader, const struct wire_shape *shape,
                                    const cJSON *seen, bool only_required)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct wire_member_fact *member = &shape->members[i];
        if (member->location == IN_BODY && (member->is_required || !only_required) &&
            wire_member(seen, member->name) == NULL)
            append_expected(reader, &text, member->wire_name);
    }
    return take_text(reader, &text);
}

static cJSON *read_value(struct reader *reader, const xmlNode *node,
                         const struct wire_shape *shape);

static const struct wire_member_fact *find_member(const struct wire_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].location == IN_BODY && strcmp(shape->members[i].wire_name, name) == 0)
            return &shape->members[i];
    return NULL;
}

static bool is_flattened(const struct wire_member_fact *member)
{
    return member->shape->kind == SHAPE_LIST &&
           (member->is_flattened || member->shape->is_flattened);
}

static bool add_member(struct reader *reader, const xmlNode *node, const struct wire_shape *shape,
                       cJSON *object)
{
    const struct wire_member_fact *member = find_member(shape, (const char *)node->name);
    cJSON *list = NULL;
    if (member != NULL) {
        list = cJSON_GetObjectItemCaseSensitive(object, member->name);
        if (list != NULL && !is_flattened(member))
            member = NULL; /* twice is once too often */
    }
    if (member == NULL)
        return refuse_unexpected(reader, node, expected_members(reader, shape, object, false));
    if (!is_flattened(member)) {
        cJSON *value = read_value(reader, node, member->shape);
        return value != NULL && cJSON_AddItemToObject(object, member->name, value) != 0;
    }
    if (list == NULL)
        list = cJSON_AddArrayToObject(object, member->name);
    cJSON *value = read_value(reader, node, member->shape->element);
    return value != NULL && cJSON_AddItemToArray(list, value) != 0;
}

/* Between the elements of a structure or list there is nothing but white space. */
static bool has_stray_text(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type != XML_TEXT_NODE && child->type != XML_CDATA_SECTION_NODE)
            continue;
        for (const xmlChar *at = child->content; at != NULL && *at != '\0'; at++)
            if (!isspace(*at))
                return true;
    }
    return false;
}

static bool refuse_stray_text(struct reader *reader, const xmlNode *node)
{
    return refuse(reader, "InvalidInput",
                  sim_arena_printf(reader->arena,
                                   "Invalid XML ; cvc-complex-type.2.3: Element '%.100s' cannot "
                                   "have character [children], because the type's content type is "
                                   "element-only.",
                                   (const char *)node->name));
}

static bool read_members(struct reader *reader, const xmlNode *node, const struct wire_shape *shape,
                         cJSON *object)
{
    if (has_stray_text(node))
        return refuse_stray_text(reader, node);
    for (const xmlNode *child = first_element(node->children); child != NULL;
         child = first_element(child->next))
        if (!add_member(reader, child, shape, object))
            return false;
    const char *missing = expected_members(reader, shape, object, true);
    return missing[0] == '\0' || refuse_incomplete(reader, node, missing);
}

static bool read_elements(struct reader *reader, const xmlNode *node,
                          const struct wire_shape *shape, cJSON *list)
{
    const char *name = shape->element_name == NULL ? "member" : shape->element_name;
    struct sim_buffer text;
    sim_buffer_init(&text);
    append_expected(reader, &text, name);
    const char *expected = take_text(reader, &text);
    if (has_stray_text(node))
        return refuse_stray_text(reader, node);
    const xmlNode *child = first_element(node->children);
    if (child == NULL && shape->has_min && shape->min > 0)
        return refuse_incomplete(reader, node, expected);
    for (; child != NULL; child = first_element(child->next)) {
        if (!is_named(child, name))
            return refuse_unexpected(reader, child, expected);
        cJSON *value = read_value(reader, child, shape->element);
        if (value == NULL)
            return false;
        cJSON_AddItemToArray(list, value);
    }
    return true;
}

/* <entry><key>k</key><value>v</value></entry> ... */
static bool read_entries(struct reader *reader, const xmlNode *node, const struct wire_shape *shape,
                         cJSON *object)
{
    for (const xmlNode *entry = first_element(node->children); entry != NULL;
         entry = first_element(entry->next)) {
        const xmlNode *key = first_element(entry->children);
        const xmlNode *value = key == NULL ? NULL : first_element(key->next);
        if (value == NULL || !is_named(key, "key") || !is_named(value, "value"))
            return refuse_incomplete(reader, entry, "\"\":key, \"\":value");
        cJSON *name = read_value(reader, key, shape->key);
        cJSON *item = name == NULL ? NULL : read_value(reader, value, shape->value);
        if (item != NULL && cJSON_IsString(name))
            cJSON_AddItemToObject(object, name->valuestring, item);
        cJSON_Delete(name);
        if (item == NULL)
            return false;
    }
    return true;
}

/* The text of an element without children; NULL (and an error) if it has some. */
static const char *simple_text(struct reader *reader, const xmlNode *node)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE || child->type == XML_ENTITY_REF_NODE) {
            sim_buffer_fini(&text);
            (void)refuse(reader, "InvalidInput",
                         sim_arena_printf(reader->arena,
                                          "Invalid XML ; cvc-type.3.1.2: Element '%.100s' is a "
                                          "simple type, so it must have no element information "
                                          "item [children].",
                                          (const char *)node->name));
            return NULL;
        }
        if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) &&
            child->content != NULL)
            sim_buffer_append_text(&text, (const char *)child->content);
    }
    return take_text(reader, &text);
}

static bool refuse_datatype(struct reader *reader, const char *text, const char *type)
{
    return refuse(
        reader, "InvalidInput",
        sim_arena_printf(reader->arena,
                         "Invalid XML ; cvc-datatype-valid.1.2.1: '%.200s' is not a valid "
                         "value for '%s'.",
                         text, type));
}

static const char *trimmed(struct reader *reader, const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t bytes = strlen(text);
    while (bytes > 0 && isspace((unsigned char)text[bytes - 1]))
        bytes--;
    return sim_arena_strndup(reader->arena, text, bytes);
}

static bool is_whole_number(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_xml_boolean(const char *text)
{
    static const char *const words[] = {"true", "false", "1", "0"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool check_enumeration(struct reader *reader, const struct wire_shape *shape,
                              const char *text)
{
    for (size_t i = 0; i < shape->value_count; i++)
        if (strcmp(shape->values[i], text) == 0)
            return true;
    if (shape->value_count == 0)
        return true;
    struct sim_buffer set;
    sim_buffer_init(&set);
    for (size_t i = 0; i < shape->value_count; i++)
        sim_buffer_printf(&set, "%s%s", i == 0 ? "" : ", ", shape->values[i]);
    return refuse(reader, "InvalidInput",
                  sim_arena_printf(reader->arena,
                                   "Invalid XML ; cvc-enumeration-valid: Value '%.200s' is not "
                                   "facet-valid with respect to enumeration '[%s]'. It must be a "
                                   "value from the enumeration.",
                                   text, take_text(reader, &set)));
}

static cJSON *read_scalar(struct reader *reader, const xmlNode *node,
                          const struct wire_shape *shape)
{
    const char *text = simple_text(reader, node);
    if (text == NULL)
        return NULL;
    if (shape->kind == SHAPE_STRING)
        return check_enumeration(reader, shape, text) ? cJSON_CreateString(text) : NULL;
    text = trimmed(reader, text);
    const bool is_integer = shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG;
    const char *type = shape->kind == SHAPE_LONG        ? "long"
                       : shape->kind == SHAPE_INTEGER   ? "integer"
                       : shape->kind == SHAPE_BOOLEAN   ? "boolean"
                       : shape->kind == SHAPE_TIMESTAMP ? "dateTime"
                       : shape->kind == SHAPE_BLOB      ? "base64Binary"
                                                        : "double";
    struct wire_error error = {0};
    cJSON *value = NULL;
    if ((!is_integer || is_whole_number(text)) &&
        (shape->kind != SHAPE_BOOLEAN || is_xml_boolean(text)))
        value = wire_convert_text(shape, text, reader->arena, &error);
    if (value == NULL)
        (void)refuse_datatype(reader, text, type);
    return value;
}

static cJSON *read_value(struct reader *reader, const xmlNode *node, const struct wire_shape *shape)
{
    bool (*read)(struct reader *, const xmlNode *, const struct wire_shape *, cJSON *) = NULL;
    if (shape->kind == SHAPE_STRUCTURE)
        read = read_members;
    else if (shape->kind == SHAPE_LIST)
        read = read_elements;
    else if (shape->kind == SHAPE_MAP)
        read = read_entries;
    if (read == NULL)
        return read_scalar(reader, node, shape);
    cJSON *value = shape->kind == SHAPE_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
    if (read(reader, node, shape, value))
        return value;
    cJSON_Delete(value);
    return NULL;
}

static bool read_root(struct reader *reader, const xmlNode *root, cJSON *input)
{
    const struct wire_operation_fact *operation = reader->exchange->operation;
    const struct wire_member_fact *payload = operation->input->payload;
    const char *wanted = operation->input_root;
    if (wanted == NULL)
        wanted = payload != NULL ? payload->wire_name : operation->input->name;
    if (!is_named(root, wanted))
        return refuse(reader, "MalformedInput",
                      sim_arena_printf(reader->arena, "%.100s is not valid, expected %s",
                                       (const char *)root->name, wanted));
    if (payload == NULL)
        return read_members(reader, root, operation->input, input);
    cJSON *value = read_value(reader, root, payload->shape);
    return value != NULL && cJSON_AddItemToObject(input, payload->name, value) != 0;
}

/* libxml2's sentence without its line end. */
static bool refuse_broken(struct reader *reader, xmlParserCtxt *context)
{
    const xmlError *problem = xmlCtxtGetLastError(context);
    const char *sentence =
        problem != NULL && problem->message != NULL ? problem->message : "not XML\n";
    return refuse(reader, "MalformedInput",
                  sim_arena_printf(reader->arena, "The body is not well-formed XML, line %d: %.*s",
                                   problem == NULL ? 1 : problem->line,
                                   (int)strcspn(sentence, "\n"), sentence));
}

static bool check_size(struct reader *reader, const struct front_message *message)
{
    size_t tags = 0;
    const char *end = message->body + message->body_bytes;
    for (const char *at = message->body;
         (at = memchr(at, '<', (size_t)(end - at))) != NULL && tags <= XML_READ_TAGS_MAX; at++)
        tags++;
    if (message->body_bytes <= XML_READ_BYTES_MAX && tags <= XML_READ_TAGS_MAX)
        return true;
    *reader->error = (struct wire_error){
        .code = "RequestEntityTooLarge", .status = 413, .message = "Request body is too large"};
    return false;
}

bool xml_read(const struct front_exchange *exchange, cJSON *input, struct wire_error *error)
{
    const struct front_message *message = &exchange->message;
    struct reader reader = {exchange, message->arena, error};
    if (!check_size(&reader, message))
        return false;
    if (memmem(message->body, message->body_bytes, "<!DOCTYPE", 9) != NULL)
        return refuse(&reader, "MalformedInput", "A document type declaration is not allowed");
    xmlParserCtxt *context = xmlNewParserCtxt();
    CHECK(context != NULL);
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                        XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
    xmlDoc *document =
        xmlCtxtReadMemory(context, message->body, (int)message->body_bytes, NULL, "UTF-8", options);
    const xmlNode *root = document == NULL ? NULL : xmlDocGetRootElement(document);
    bool done = false;
    if (root == NULL)
        done = refuse_broken(&reader, context);
    else if (document->intSubset != NULL)
        done = refuse(&reader, "MalformedInput", "A document type declaration is not allowed");
    else
        done = read_root(&reader, root, input);
    xmlFreeDoc(document);
    xmlFreeParserCtxt(context);
    return done;
}
