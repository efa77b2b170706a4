/* Literals: 'text', 1.5e3, TRUE, NULL, [lists], {'tu': 'ples'}, << sets >>, and parameters.
 *
 * Every value made hangs from the parser's holder as soon as it exists, so that nothing needs to be
 * freed when the parse stops. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/partiql_parser.h"
#include "sim/core/buffer.h"

/* Where a value stands, for the service's "under root.a[1]". */
struct place {
    const struct place *around; /* NULL: root */
    const char *name;           /* NULL: an element */
    size_t index;
    unsigned depth; /* how many lists and tuples are around */
};

static bool parse_into(struct ddb_partiql_parser *parser, const struct place *place, cJSON *parent);

/* --- faults ------------------------------------------------------------------------------------
 */

static void print_place(const struct place *place, struct sim_buffer *buffer)
{
    if (place->around == NULL) {
        sim_buffer_append_text(buffer, "root");
        return;
    }
    print_place(place->around, buffer);
    if (place->name != NULL)
        sim_buffer_printf(buffer, ".%s", place->name);
    else
        sim_buffer_printf(buffer, "[%zu]", place->index);
}

/* Adds the place to what the fault says. */
static bool fail_at(struct ddb_partiql_parser *parser, const struct place *place)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    print_place(place, &text);
    parser->fault->message =
        sim_arena_printf(parser->arena, "%s under %s", parser->fault->message, text.data);
    sim_buffer_fini(&text);
    return false;
}

static bool fail_unsupported(struct ddb_partiql_parser *parser, const struct place *place,
                             const char *what)
{
    const struct ddb_partiql_token *token = parser->token;
    struct sim_buffer text;
    sim_buffer_init(&text);
    print_place(place, &text);
    ddb_invalid(parser->fault, "Unsupported data type: %s under key %s at %u:%u:%u", what,
                text.data, token->line, token->column, token->length_bytes);
    sim_buffer_fini(&text);
    return false;
}

/* --- scalars -----------------------------------------------------------------------------------
 */

static cJSON *hang(cJSON *parent, const struct place *place, cJSON *value)
{
    if (cJSON_IsObject(parent))
        cJSON_AddItemToObject(parent, place->name, value);
    else
        cJSON_AddItemToArray(parent, value);
    return value;
}

static bool fits_int32(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

/* The service reads numbers as decimals whose exponent and scale are 32-bit integers. */
static bool is_readable(const char *text)
{
    const char *exponent_at = strpbrk(text, "eE");
    const char *point_at = strchr(text, '.');
    if (exponent_at == NULL)
        return true;
    int64_t scale = point_at == NULL ? 0 : exponent_at - point_at - 1;
    if (strlen(exponent_at) > 24)
        exponent_at += strspn(exponent_at, "eE+-0");
    if (strlen(exponent_at) > 24)
        return false;
    int64_t exponent = strtoll(exponent_at + strspn(exponent_at, "eE"), NULL, 10);
    return fits_int32(exponent) && fits_int32(scale - exponent);
}

/* Signs, then digits; *text is the number's normal form. */
static bool read_number(struct ddb_partiql_parser *parser, const struct place *place,
                        const char **text, const char **as_written)
{
    bool is_negative = false;
    while (ddb_partiql_at_sign(parser, "-") || ddb_partiql_at_sign(parser, "+")) {
        is_negative ^= ddb_partiql_at_sign(parser, "-");
        parser->token++;
    }
    if (parser->token->kind != DDB_PARTIQL_NUMBER)
        return ddb_partiql_unexpected(parser);
    if (!is_readable(parser->token->text))
        return ddb_partiql_malformed(parser, "");
    struct ddb_number number;
    char normal[DDB_NUMBER_TEXT_BYTES];
    *as_written =
        sim_arena_printf(parser->arena, "%s%s", is_negative ? "-" : "", parser->token->text);
    parser->token++;
    if (!ddb_number_parse(*as_written, &number, parser->fault))
        return fail_at(parser, place);
    ddb_number_format(&number, normal);
    *text = sim_arena_strdup(parser->arena, normal);
    return true;
}

static bool parse_number(struct ddb_partiql_parser *parser, const struct place *place,
                         cJSON *parent)
{
    const char *text = NULL;
    const char *as_written = NULL;
    if (!read_number(parser, place, &text, &as_written))
        return false;
    hang(parent, place, ddb_value_of_text(DDB_TYPE_N, text));
    return true;
}

static bool parse_word(struct ddb_partiql_parser *parser, const struct place *place, cJSON *parent)
{
    static const struct {
        const char *word;
        const char *type;
        bool value;
    } words[] = {{"TRUE", "BOOL", true}, {"FALSE", "BOOL", false}, {"NULL", "NULL", true}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!ddb_partiql_take_word(parser, words[i].word))
            continue;
        cJSON *value = hang(parent, place, cJSON_CreateObject());
        cJSON_AddBoolToObject(value, words[i].type, words[i].value);
        return true;
    }
    if (ddb_partiql_at_word(parser, "MISSING"))
        return fail_unsupported(parser, place, "LiteralMissing");
    bool is_path =
        parser->token->kind == DDB_PARTIQL_QUOTED ||
        (parser->token->kind == DDB_PARTIQL_NAME && !ddb_partiql_token_is_keyword(parser->token));
    if (is_path && ddb_partiql_token_is_sign(parser->token + 1, "("))
        return fail_unsupported(parser, place, ddb_partiql_lower(parser, parser->token->text));
    return is_path ? fail_unsupported(parser, place, "VariableReference")
                   : ddb_partiql_unexpected(parser);
}

/* Inside a collection a parameter has no place; as a whole value it has. */
static bool parse_parameter(struct ddb_partiql_parser *parser, const struct place *place,
                            cJSON *parent)
{
    if (place->around != NULL)
        return fail_unsupported(parser, place, "Parameter");
    if (parser->parameters_used >= parser->parameters->count)
        return ddb_invalid(parser->fault,
                           "Number of parameters in request and statement don't match.");
    cJSON *copy = cJSON_Duplicate(parser->parameters->values[parser->parameters_used++], true);
    CHECK(copy != NULL);
    hang(parent, place, copy);
    parser->token++;
    return true;
}

/* --- collections -------------------------------------------------------------------------------
 */

static bool parse_list(struct ddb_partiql_parser *parser, const struct place *place, cJSON *parent)
{
    cJSON *elements = hang(parent, place, ddb_value_empty(DDB_TYPE_L))->child;
    struct place inner = {place, NULL, 0, place->depth + 1};
    parser->token++;
    if (ddb_partiql_take_sign(parser, "]"))
        return true;
    do {
        if (!parse_into(parser, &inner, elements))
            return false;
        inner.index++;
    } while (ddb_partiql_take_sign(parser, ","));
    return ddb_partiql_want_sign(parser, "]");
}

/* 'name': value, ... } of a tuple, into members. with_places: whether members stand below place,
 * or (an INSERT's attributes) are roots. */
static bool parse_members(struct ddb_partiql_parser *parser, const struct place *place,
                          bool are_roots, cJSON *members)
{
    parser->token++;
    if (ddb_partiql_take_sign(parser, "}"))
        return true;
    do {
        if (parser->token->kind != DDB_PARTIQL_STRING)
            return ddb_partiql_unexpected(parser);
        struct place inner = {are_roots ? NULL : place, parser->token->text, 0, place->depth + 1};
        inner.depth -= are_roots ? 1 : 0;
        parser->token++;
        if (!ddb_partiql_want_sign(parser, ":") || !parse_into(parser, &inner, members))
            return false;
    } while (ddb_partiql_take_sign(parser, ","));
    return ddb_partiql_want_sign(parser, "}");
}

struct bag {
    cJSON *members;
    struct sim_buffer written; /* "a, b" as they stand in the statement */
    bool has_duplicates;
    enum ddb_type type; /* DDB_TYPE_COUNT: not known yet */
};

static bool parse_bag_member(struct ddb_partiql_parser *parser, const struct place *place,
                             struct bag *bag)
{
    const char *text = parser->token->text;
    const char *written = text;
    enum ddb_type type = DDB_TYPE_NS;
    if (parser->token->kind == DDB_PARTIQL_STRING) {
        type = DDB_TYPE_SS;
        parser->token++;
    } else if (parser->token->kind != DDB_PARTIQL_NUMBER && !ddb_partiql_at_sign(parser, "-") &&
               !ddb_partiql_at_sign(parser, "+")) {
        type = DDB_TYPE_COUNT;
    } else if (!read_number(parser, place, &text, &written)) {
        return false;
    }
    if (type == DDB_TYPE_COUNT || (bag->type != DDB_TYPE_COUNT && bag->type != type))
        return ddb_invalid(parser->fault, "Unsupported data type in Bag. DynamoDB only supports "
                                          "either numbers or strings in bags");
    bag->type = type;
    for (const cJSON *member = bag->members->child; member != NULL; member = member->next)
        bag->has_duplicates |= strcmp(member->valuestring, text) == 0;
    cJSON_AddItemToArray(bag->members, cJSON_CreateString(text));
    sim_buffer_printf(&bag->written, "%s%s", bag->written.length_bytes > 0 ? ", " : "", written);
    return true;
}

static bool fill_bag(struct ddb_partiql_parser *parser, const struct place *place, struct bag *bag)
{
    struct place inner = {place, NULL, 0, place->depth + 1};
    do {
        if (!parse_bag_member(parser, &inner, bag))
            return false;
        inner.index++;
    } while (ddb_partiql_take_sign(parser, ","));
    if (!ddb_partiql_want_sign(parser, ">>"))
        return false;
    if (!bag->has_duplicates)
        return true;
    ddb_invalid(parser->fault, DDB_PARAMETER_TEXT "Input collection [%s] contains duplicates%s",
                bag->written.data, bag->type == DDB_TYPE_SS ? "." : "!");
    return bag->type == DDB_TYPE_SS ? false : fail_at(parser, place);
}

static bool parse_bag(struct ddb_partiql_parser *parser, const struct place *place, cJSON *parent)
{
    parser->token++;
    if (ddb_partiql_at_sign(parser, ">>"))
        return ddb_invalid(parser->fault, "Empty bags are not supported");
    cJSON *value = hang(parent, place, cJSON_CreateObject());
    struct bag bag = {.members = cJSON_CreateArray(), .type = DDB_TYPE_COUNT};
    cJSON_AddItemToArray(parser->holder, bag.members); /* until its type is known */
    sim_buffer_init(&bag.written);
    bool is_good = fill_bag(parser, place, &bag);
    sim_buffer_fini(&bag.written);
    if (is_good)
        cJSON_AddItemToObject(value, ddb_type_name(bag.type),
                              cJSON_DetachItemViaPointer(parser->holder, bag.members));
    return is_good;
}

/* --- any value ---------------------------------------------------------------------------------
 */

/* Depth: the service's limit of nesting. */
static bool parse_into(struct ddb_partiql_parser *parser, const struct place *place, cJSON *parent)
{
    if (place->depth >= DDB_NESTING_MAX) {
        ddb_invalid(parser->fault, "Nesting Levels have exceeded supported limits");
        return fail_at(parser, place);
    }
    switch (parser->token->kind) {
    case DDB_PARTIQL_STRING:
        hang(parent, place, ddb_value_of_text(DDB_TYPE_S, parser->token->text));
        parser->token++;
        return true;
    case DDB_PARTIQL_NUMBER:
        return parse_number(parser, place, parent);
    case DDB_PARTIQL_PARAMETER:
        return parse_parameter(parser, place, parent);
    case DDB_PARTIQL_NAME:
    case DDB_PARTIQL_QUOTED:
        return parse_word(parser, place, parent);
    case DDB_PARTIQL_END:
        return ddb_partiql_unexpected(parser);
    case DDB_PARTIQL_SIGN:
        break;
    }
    if (ddb_partiql_at_sign(parser, "-") || ddb_partiql_at_sign(parser, "+"))
        return parse_number(parser, place, parent);
    if (ddb_partiql_at_sign(parser, "["))
        return parse_list(parser, place, parent);
    if (ddb_partiql_at_sign(parser, "<<"))
        return parse_bag(parser, place, parent);
    if (ddb_partiql_at_sign(parser, "{"))
        return parse_members(parser, place, false,
                             hang(parent, place, ddb_value_empty(DDB_TYPE_M))->child);
    return ddb_partiql_unexpected(parser);
}

static const struct place root = {NULL, NULL, 0, 0};

bool ddb_partiql_at_value(const struct ddb_partiql_parser *parser)
{
    static const char *const signs[] = {"-", "+", "[", "{", "<<"};
    static const char *const words[] = {"TRUE", "FALSE", "NULL", "MISSING"};
    enum ddb_partiql_token_kind kind = parser->token->kind;
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (ddb_partiql_at_sign(parser, signs[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (ddb_partiql_at_word(parser, words[i]))
            return true;
    return kind == DDB_PARTIQL_STRING || kind == DDB_PARTIQL_NUMBER ||
           kind == DDB_PARTIQL_PARAMETER;
}

bool ddb_partiql_parse_value(struct ddb_partiql_parser *parser, const cJSON **value)
{
    if (!parse_into(parser, &root, parser->holder))
        return false;
    cJSON *made = parser->holder->child->prev; /* the last one */
    *value = made;
    return ddb_value_normalise(made, parser->fault);
}

bool ddb_partiql_parse_item(struct ddb_partiql_parser *parser, cJSON **item)
{
    const cJSON *value = NULL;
    if (parser->token->kind == DDB_PARTIQL_PARAMETER) {
        if (!ddb_partiql_parse_value(parser, &value))
            return false;
        *item = ddb_value_type(value) == DDB_TYPE_M ? value->child : NULL;
        return *item != NULL || ddb_partiql_malformed(parser, "Expected a tuple");
    }
    if (!ddb_partiql_at_sign(parser, "{"))
        return ddb_partiql_unexpected(parser);
    *item = hang(parser->holder, &root, cJSON_CreateObject());
    return parse_members(parser, &root, true, *item) && ddb_item_normalise(*item, parser->fault);
}
