#include "emulators/wire/validate.h"

#include <ctype.h>
#include <string.h>

#include "emulators/wire/pattern.h"
#include "emulators/wire/validate_text.h"

#define CHECKED_FIRST_LENGTH_MIN 3
#define CHECKED_FIRST_LENGTH_MAX 255

/* Where the check stands: one frame on the stack for each step down, read only for an error. */
struct frame {
    const struct frame *above; /* NULL: the input itself */
    const char *name;          /* of a structure's member or a map's key; NULL: an element */
    size_t position;           /* of a list's element, from 1 */
    bool is_member;            /* of a structure */
};

struct validator {
    const struct wire_operation_fact *operation;
    struct sim_arena *arena;
    struct sim_buffer text; /* the sentences, joined */
    unsigned error_count;
    const char *alone; /* what is told instead of all of them; NULL: nothing */
};

static void check(struct validator *validator, const struct frame *frame,
                  const struct wire_shape *shape, const cJSON *value);

/* --- sentences --- */

static void append_path(struct sim_buffer *text, const struct frame *frame)
{
    if (frame->above != NULL && frame->above->above != NULL) {
        append_path(text, frame->above);
        sim_buffer_append_text(text, ".");
    }
    if (frame->is_member)
        sim_buffer_printf(text, "%c%s", tolower((unsigned char)frame->name[0]), frame->name + 1);
    else if (frame->name != NULL)
        sim_buffer_printf(text, "%s.member", frame->name);
    else
        sim_buffer_printf(text, "%zu.member", frame->position);
}

static void append_value(struct sim_buffer *text, const struct wire_shape *shape,
                         const cJSON *value)
{
    if (!shape->is_shown_as_json) {
        wire_value_append(text, shape, value);
        return;
    }
    char *json = cJSON_PrintUnformatted(value);
    CHECK(json != NULL);
    sim_buffer_append_text(text, json);
    cJSON_free(json);
}

/* Starts "Value 'x' at 'path' failed to satisfy constraint: "; false once enough are listed. */
static bool begin(struct validator *validator, const struct frame *frame,
                  const struct wire_shape *shape, const cJSON *value)
{
    if (validator->error_count == WIRE_VALIDATION_ERRORS_MAX)
        return false;
    struct sim_buffer *text = &validator->text;
    sim_buffer_append_text(text, validator->error_count == 0 ? "" : "; ");
    validator->error_count++;
    if (value == NULL) {
        sim_buffer_append_text(text, "Value null at '");
    } else {
        sim_buffer_append_text(text, "Value '");
        append_value(text, shape, value);
        sim_buffer_append_text(text, "' at '");
    }
    append_path(text, frame);
    sim_buffer_append_text(text, "' failed to satisfy constraint: ");
    return true;
}

/* As append_path, but with the members' own capitals. */
static void append_exact_path(struct sim_buffer *text, const struct frame *frame)
{
    if (frame->above != NULL && frame->above->above != NULL) {
        append_exact_path(text, frame->above);
        sim_buffer_append_text(text, ".");
    }
    if (frame->is_member)
        sim_buffer_append_text(text, frame->name);
    else if (frame->name != NULL)
        sim_buffer_printf(text, "%s.member", frame->name);
    else
        sim_buffer_printf(text, "%zu.member", frame->position);
}

static const struct wire_told_alone *told_alone_by(const struct validator *validator,
                                                   const struct frame *frame)
{
    while (frame->above != NULL && frame->above->above != NULL)
        frame = frame->above;
    for (size_t i = 0; i < validator->operation->told_alone_count; i++)
        if (strcmp(validator->operation->told_alone[i].member, frame->name) == 0)
            return &validator->operation->told_alone[i];
    return NULL;
}

/* The newer form of a complaint, of which the first stands alone. Names keep to the older form but
 * for the empty one. */
static void try_alone(struct validator *validator, const struct frame *frame,
                      const struct wire_shape *shape, const cJSON *value, enum wire_constraint kind)
{
    const struct wire_told_alone *told = told_alone_by(validator, frame);
    bool is_size = kind == CONSTRAINT_LENGTH_MIN || kind == CONSTRAINT_LENGTH_MAX ||
                   kind == CONSTRAINT_VALUE_MIN || kind == CONSTRAINT_VALUE_MAX;
    bool is_name = shape->kind == SHAPE_STRING && value->valuestring[0] != '\0';
    if (told == NULL || validator->alone != NULL)
        return;
    if (kind == CONSTRAINT_ENUM)
        validator->alone = told->message;
    if (!is_size || is_name)
        return;
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, "1 validation error detected: Value at '");
    append_exact_path(&text, frame);
    sim_buffer_append_text(&text, "' failed to satisfy constraint: ");
    wire_constraint_append(&text, shape, kind);
    validator->alone = sim_arena_strdup(validator->arena, text.data);
    sim_buffer_fini(&text);
}

static void complain(struct validator *validator, const struct frame *frame,
                     const struct wire_shape *shape, const cJSON *value, enum wire_constraint kind)
{
    if (value != NULL)
        try_alone(validator, frame, shape, value, kind);
    if (begin(validator, frame, shape, value))
        wire_constraint_append(&validator->text, shape, kind);
}

/* --- checks --- */

static int64_t length_of(const struct wire_shape *shape, const cJSON *value)
{
    if (shape->kind == SHAPE_STRING)
        return (int64_t)wire_text_length(value->valuestring);
    if (shape->kind == SHAPE_BLOB) {
        size_t length = strlen(value->valuestring);
        size_t pads = length == 0 ? 0 : length - strcspn(value->valuestring, "=");
        return (int64_t)(length / 4 * 3 - pads);
    }
    return cJSON_GetArraySize(value);
}

static bool is_number(const struct wire_shape *shape)
{
    return shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG ||
           shape->kind == SHAPE_FLOAT || shape->kind == SHAPE_DOUBLE;
}

static bool is_one_of(const struct wire_shape *shape, const char *text)
{
    for (size_t i = 0; i < shape->value_count; i++)
        if (strcmp(shape->values[i], text) == 0)
            return true;
    return false;
}

/* Does the value keep to this one constraint of its shape? True where the shape has none such. */
static bool satisfies(const struct wire_shape *shape, const cJSON *value, enum wire_constraint kind)
{
    switch (kind) {
    case CONSTRAINT_NOT_NULL:
        return true;
    case CONSTRAINT_ENUM:
        return shape->value_count == 0 || is_one_of(shape, value->valuestring);
    case CONSTRAINT_PATTERN:
        return shape->matcher == NULL || wire_pattern_matches(shape->matcher, value->valuestring);
    case CONSTRAINT_LENGTH_MAX:
        return !shape->has_max || is_number(shape) || length_of(shape, value) <= shape->max;
    case CONSTRAINT_LENGTH_MIN:
        return !shape->has_min || is_number(shape) || length_of(shape, value) >= shape->min;
    case CONSTRAINT_VALUE_MAX:
        return !shape->has_max || !is_number(shape) || value->valuedouble <= (double)shape->max;
    case CONSTRAINT_VALUE_MIN:
        return !shape->has_min || !is_number(shape) || value->valuedouble >= (double)shape->min;
    }
    return true;
}

/* In the order in which the services list them. */
static const enum wire_constraint own_order[] = {
    CONSTRAINT_ENUM,       CONSTRAINT_PATTERN,   CONSTRAINT_LENGTH_MIN,
    CONSTRAINT_LENGTH_MAX, CONSTRAINT_VALUE_MIN, CONSTRAINT_VALUE_MAX,
};

/* The shape whose constraints hold for this very value. */
static const struct wire_shape *shape_in_force(const struct wire_shape *shape, const cJSON *value)
{
    if (shape->unless_arn == NULL || value->valuestring[0] == '\0' ||
        strncmp(value->valuestring, "arn:", 4) == 0)
        return shape;
    return shape->unless_arn;
}

static bool satisfies_all(const struct wire_shape *shape, const cJSON *value)
{
    for (size_t i = 0; i < ARRAY_LEN(own_order); i++)
        if (!satisfies(shape, value, own_order[i]))
            return false;
    return true;
}

static void check_own(struct validator *validator, const struct frame *frame,
                      const struct wire_shape *shape, const cJSON *value)
{
    for (size_t i = 0; i < ARRAY_LEN(own_order); i++)
        if (!satisfies(shape, value, own_order[i]))
            complain(validator, frame, shape, value, own_order[i]);
}

static void check_structure(struct validator *validator, const struct frame *frame,
                            const struct wire_shape *shape, const cJSON *value)
{
    for (size_t i = 0; i < shape->check_count; i++) {
        const struct wire_member_fact *member = shape->checks[i];
        const cJSON *child = cJSON_GetObjectItemCaseSensitive(value, member->name);
        struct frame below = {.above = frame, .name = member->name, .is_member = true};
        if (child != NULL)
            check(validator, &below, member->shape, child);
        else if (member->is_required)
            complain(validator, &below, member->shape, NULL, CONSTRAINT_NOT_NULL);
    }
}

static void check_list(struct validator *validator, const struct frame *frame,
                       const struct wire_shape *shape, const cJSON *value)
{
    struct frame below = {.above = frame, .position = 1};
    if (!shape->element->needs_check)
        return;
    for (const cJSON *child = value->child; child != NULL; child = child->next, below.position++)
        check(validator, &below, shape->element, child);
}

/* A map complains as a whole about its keys, and about what its values themselves break; each of
 * its values' members has a path of its own. */
static void check_map(struct validator *validator, const struct frame *frame,
                      const struct wire_shape *shape, const cJSON *value)
{
    bool are_keys_good = true;
    bool are_values_good = true;
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        if (shape->key->needs_check) {
            const cJSON key = {.type = cJSON_String, .valuestring = child->string};
            are_keys_good = are_keys_good && satisfies_all(shape_in_force(shape->key, &key), &key);
        }
        are_values_good =
            are_values_good && (!shape->value->needs_check || satisfies_all(shape->value, child));
    }
    if (!are_keys_good && (!shape->has_keys_last || validator->error_count == 0) &&
        begin(validator, frame, shape, value))
        wire_constraints_append(&validator->text, "Map keys must satisfy constraint: ",
                                shape->key->unless_arn != NULL ? shape->key->unless_arn
                                                               : shape->key);
    if (!are_values_good && begin(validator, frame, shape, value))
        wire_constraints_append(&validator->text,
                                "Map value must satisfy constraint: ", shape->value);
}

static void check_below(struct validator *validator, const struct frame *frame,
                        const struct wire_shape *shape, const cJSON *value);

static void check_map_values(struct validator *validator, const struct frame *frame,
                             const struct wire_shape *shape, const cJSON *value)
{
    if (!shape->value->needs_check)
        return;
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        struct frame below = {.above = frame, .name = child->string};
        check_below(validator, &below, shape->value, child);
    }
}

static void check_below(struct validator *validator, const struct frame *frame,
                        const struct wire_shape *shape, const cJSON *value)
{
    if (shape->kind == SHAPE_STRUCTURE) {
        check_structure(validator, frame, shape, value);
    } else if (shape->kind == SHAPE_LIST) {
        check_list(validator, frame, shape, value);
    } else if (shape->kind == SHAPE_MAP) {
        check_map(validator, frame, shape, value);
        check_map_values(validator, frame, shape, value);
    }
}

static void check(struct validator *validator, const struct frame *frame,
                  const struct wire_shape *shape, const cJSON *value)
{
    if (!shape->needs_check || validator->error_count == WIRE_VALIDATION_ERRORS_MAX)
        return;
    check_own(validator, frame, shape_in_force(shape, value), value);
    check_below(validator, frame, shape, value);
}

/* A parser of few levels reads most calls; one that goes deeper is read by an older one, which has
 * the older words. */
#define NEWER_DEPTH_MAX 128

static bool is_deeper(const cJSON *value, unsigned levels)
{
    if (levels == 0)
        return true;
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        if (child->child != NULL && is_deeper(child, levels - 1))
            return true;
    return false;
}

static bool lacks_required(const struct wire_shape *input_shape, const cJSON *input)
{
    for (size_t i = 0; i < input_shape->member_count; i++)
        if (input_shape->members[i].is_required &&
            cJSON_GetObjectItemCaseSensitive(input, input_shape->members[i].name) == NULL)
            return true;
    return false;
}

/* The control plane of DynamoDB looks at the table's name alone at first. */
static const char *complain_first(const struct wire_operation_fact *operation, const cJSON *input,
                                  struct sim_arena *arena)
{
    bool is_length_checked = operation->checked_first != NULL;
    const char *member = is_length_checked ? operation->checked_first : operation->wanted_first;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(input, member));
    if (name == NULL)
        return sim_arena_printf(
            arena, "The parameter '%s' is required but was not present in the request", member);
    size_t length = wire_text_length(name);
    if (is_length_checked && strncmp(name, "arn:", 4) != 0 &&
        (length < CHECKED_FIRST_LENGTH_MIN || length > CHECKED_FIRST_LENGTH_MAX))
        return sim_arena_printf(arena,
                                "%s must be at least %d characters long and at most %d characters "
                                "long",
                                member, CHECKED_FIRST_LENGTH_MIN, CHECKED_FIRST_LENGTH_MAX);
    return NULL;
}

bool wire_validate(const struct wire_model *model, const struct wire_operation_fact *operation,
                   const cJSON *input, struct sim_arena *arena, struct wire_error *error)
{
    struct validator validator = {.operation = operation, .arena = arena};
    struct frame root = {0};
    if (!operation->input->needs_check)
        return true;
    const char *first = operation->checked_first == NULL && operation->wanted_first == NULL
                            ? NULL
                            : complain_first(operation, input, arena);
    if (first != NULL) {
        *error =
            (struct wire_error){.code = model->validation_code, .message = first, .status = 400};
        return false;
    }
    sim_buffer_init(&validator.text);
    check(&validator, &root, operation->input, input);
    if (validator.alone != NULL &&
        (lacks_required(operation->input, input) || is_deeper(input, NEWER_DEPTH_MAX)))
        validator.alone = NULL;
    if (validator.error_count > 0)
        *error = (struct wire_error){
            .code = model->validation_code,
            .message = validator.alone != NULL
                           ? validator.alone
                           : sim_arena_printf(
                                 arena, "%u validation error%s detected: %s", validator.error_count,
                                 validator.error_count == 1 ? "" : "s", validator.text.data),
            .status = 400};
    sim_buffer_fini(&validator.text);
    return validator.error_count == 0;
}
