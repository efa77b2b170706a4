/* Random conditions over random items, against a second evaluator that knows nothing of the first.
 *
 * A tree is drawn, printed as expression text (spelling, blanks, parentheses and placeholders drawn
 * as well) and evaluated by simple recursion over the tree. REGIONLAB_SEED repeats a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "tests/property/dynamodb/fixture_model.h"

#define RUNS_USUAL 20000

enum operand_kind { PATH, CONSTANT, SIZE };

struct operand {
    enum operand_kind kind;
    char attribute;
    int step; /* 0: none; 1, 2: .k, .l; 3, 4: [0], [1] */
    const cJSON *constant;
};

enum kind {
    AND,
    OR,
    NOT,
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE,
    BETWEEN,
    IN,
    EXISTS,
    ABSENT,
    TYPE,
    BEGINS,
    CONTAINS
};

struct tree {
    enum kind kind;
    struct tree *children[3];
    struct operand operands[4];
    size_t child_count;
    size_t operand_count;
};

/* Everything that one run draws. */
struct run {
    struct sim_random *random;
    struct sim_arena *arena;
    cJSON *names;
    cJSON *values;
    unsigned constant_count;
    struct sim_buffer text;
};

static unsigned draw(struct run *run, unsigned bound)
{
    return (unsigned)sim_random_below(run->random, bound);
}

/* --- drawing -------------------------------------------------------------------------------- */

static struct operand draw_path(struct run *run)
{
    struct operand operand = {.kind = PATH, .attribute = model_attribute(run->random)};
    operand.step = draw(run, 3) == 0 ? (int)draw(run, 5) : 0;
    return operand;
}

static struct operand constant_of(struct run *run, cJSON *value)
{
    char key[16];
    snprintf(key, sizeof key, ":v%u", run->constant_count++);
    cJSON_AddItemToObject(run->values, key, value);
    return (struct operand){.kind = CONSTANT, .constant = value};
}

static cJSON *draw_ordered(struct run *run)
{
    static const char *const types[] = {"S", "N", "B", "N"};
    return model_scalar(run->random, types[draw(run, ARRAY_LEN(types))]);
}

static struct operand draw_operand(struct run *run, bool is_ordered)
{
    unsigned choice = draw(run, 6);
    struct operand operand = draw_path(run);
    if (choice == 0)
        operand.kind = SIZE;
    else if (choice < 4)
        operand = constant_of(run, is_ordered ? draw_ordered(run) : model_value(run->random, 1));
    return operand;
}

static bool is_same_path(const struct operand *a, const struct operand *b)
{
    return a->kind == PATH && b->kind == PATH && a->attribute == b->attribute && a->step == b->step;
}

/* Two different paths: the service refuses to compare one with itself. */
static void draw_pair(struct run *run, struct tree *tree, bool is_ordered)
{
    tree->operand_count = 2;
    tree->operands[0] = draw_operand(run, is_ordered);
    do
        tree->operands[1] = draw_operand(run, is_ordered);
    while (is_same_path(&tree->operands[0], &tree->operands[1]));
}

static void draw_between(struct run *run, struct tree *tree)
{
    cJSON *low = draw_ordered(run);
    cJSON *high = model_scalar(run->random, model_type(low));
    if (model_compare(low, high) > 0) {
        cJSON *exchanged = low;
        low = high;
        high = exchanged;
    }
    tree->operand_count = 3;
    tree->operands[1] = constant_of(run, low);
    tree->operands[2] = constant_of(run, high);
    if (draw(run, 4) != 0) {
        tree->operands[0] = draw_operand(run, true);
        return;
    }
    size_t other = 1 + draw(run, 2); /* a constant between a path and the other constant */
    tree->operands[0] = tree->operands[other];
    tree->operands[other] = draw_path(run);
}

static void draw_function(struct run *run, struct tree *tree)
{
    static const char *const types[] = {"S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"};
    tree->operands[0] = draw_path(run);
    tree->operand_count = 2;
    if (tree->kind == EXISTS || tree->kind == ABSENT) {
        tree->operand_count = 1;
    } else if (tree->kind == TYPE) {
        cJSON *type = cJSON_CreateObject();
        cJSON_AddStringToObject(type, "S", types[draw(run, ARRAY_LEN(types))]);
        tree->operands[1] = constant_of(run, type);
    } else if (tree->kind == BEGINS) {
        tree->operands[1] = constant_of(run, model_scalar(run->random, draw(run, 2) ? "S" : "B"));
    } else {
        do
            tree->operands[1] = draw_operand(run, false);
        while (is_same_path(&tree->operands[0], &tree->operands[1]));
    }
}

static struct tree *draw_tree(struct run *run, unsigned depth)
{
    struct tree *tree = sim_arena_alloc(run->arena, sizeof *tree);
    tree->kind = (enum kind)(depth == 0 ? EQ + (int)draw(run, CONTAINS - EQ + 1)
                                        : (int)draw(run, CONTAINS + 1));
    if (tree->kind <= NOT) {
        tree->child_count = tree->kind == NOT ? 1 : 2 + draw(run, 2);
        for (size_t i = 0; i < tree->child_count; i++)
            tree->children[i] = draw_tree(run, depth - 1);
    } else if (tree->kind <= GE) {
        draw_pair(run, tree, tree->kind >= LT);
    } else if (tree->kind == BETWEEN) {
        draw_between(run, tree);
    } else if (tree->kind == IN) {
        tree->operand_count = 2 + draw(run, 3);
        for (size_t i = 0; i < tree->operand_count; i++)
            tree->operands[i] = draw_operand(run, false);
    } else {
        draw_function(run, tree);
    }
    return tree;
}

/* --- printing ------------------------------------------------------------------------------- */

static void blank(struct run *run)
{
    static const char *const blanks[] = {" ", " ", "  ", "\t", "\n", "\r\n "};
    sim_buffer_append_text(&run->text, blanks[draw(run, ARRAY_LEN(blanks))]);
}

static void maybe_blank(struct run *run)
{
    if (draw(run, 3) == 0)
        blank(run);
}

static void print_word(struct run *run, const char *word)
{
    blank(run);
    for (; *word != '\0'; word++)
        sim_buffer_printf(&run->text, "%c", draw(run, 2) ? *word : *word - 'A' + 'a');
    blank(run);
}

static void print_path(struct run *run, const struct operand *operand)
{
    static const char *const steps[] = {"", ".k", ".l", "[0]", "[ 1 ]"};
    if (draw(run, 3) == 0) {
        const char key[] = {'#', operand->attribute, '\0'};
        const char name[] = {operand->attribute, '\0'};
        if (cJSON_GetObjectItemCaseSensitive(run->names, key) == NULL)
            cJSON_AddStringToObject(run->names, key, name);
        sim_buffer_append_text(&run->text, key);
    } else {
        sim_buffer_printf(&run->text, "%c", operand->attribute);
    }
    maybe_blank(run);
    sim_buffer_append_text(&run->text, steps[operand->step]);
}

static void print_operand(struct run *run, const struct operand *operand)
{
    bool has_parentheses = draw(run, 6) == 0;
    maybe_blank(run);
    if (has_parentheses)
        sim_buffer_append_text(&run->text, "(");
    if (operand->kind == CONSTANT)
        sim_buffer_append_text(&run->text, operand->constant->string);
    if (operand->kind == SIZE)
        sim_buffer_append_text(&run->text, "size(");
    if (operand->kind != CONSTANT)
        print_path(run, operand);
    if (operand->kind == SIZE)
        sim_buffer_append_text(&run->text, ")");
    if (has_parentheses)
        sim_buffer_append_text(&run->text, ")");
    maybe_blank(run);
}

static void print_list(struct run *run, const struct operand *operands, size_t count)
{
    sim_buffer_append_text(&run->text, "(");
    for (size_t i = 0; i < count; i++) {
        sim_buffer_append_text(&run->text, i == 0 ? "" : ",");
        print_operand(run, &operands[i]);
    }
    sim_buffer_append_text(&run->text, ")");
}

static void print_leaf(struct run *run, const struct tree *tree)
{
    static const char *const comparators[] = {
        [EQ] = "=", [NE] = "<>", [LT] = "<", [LE] = "<=", [GT] = ">", [GE] = ">="};
    static const char *const functions[] = {[EXISTS] = "attribute_exists",
                                            [ABSENT] = "attribute_not_exists",
                                            [TYPE] = "attribute_type",
                                            [BEGINS] = "begins_with",
                                            [CONTAINS] = "contains"};
    if (tree->kind >= EXISTS) {
        sim_buffer_append_text(&run->text, functions[tree->kind]);
        maybe_blank(run);
        print_list(run, tree->operands, tree->operand_count);
        return;
    }
    print_operand(run, &tree->operands[0]);
    if (tree->kind == BETWEEN) {
        print_word(run, "BETWEEN");
        print_operand(run, &tree->operands[1]);
        print_word(run, "AND");
        print_operand(run, &tree->operands[2]);
    } else if (tree->kind == IN) {
        print_word(run, "IN");
        print_list(run, tree->operands + 1, tree->operand_count - 1);
    } else {
        sim_buffer_append_text(&run->text, comparators[tree->kind]);
        print_operand(run, &tree->operands[1]);
    }
}

/* Parentheses where precedence asks for them, and sometimes where not; never two in a row. */
static void print_tree(struct run *run, const struct tree *tree, enum kind around)
{
    bool is_needed =
        (tree->kind == OR && around != OR && around != EQ) || (tree->kind == AND && around == NOT);
    bool has_parentheses = is_needed || draw(run, 5) == 0;
    if (has_parentheses)
        sim_buffer_append_text(&run->text, "(");
    if (tree->kind > NOT)
        print_leaf(run, tree);
    if (tree->kind == NOT) {
        print_word(run, "NOT");
        print_tree(run, tree->children[0], NOT);
    }
    for (size_t i = 0; tree->kind < NOT && i < tree->child_count; i++) {
        if (i > 0)
            print_word(run, tree->kind == AND ? "AND" : "OR");
        print_tree(run, tree->children[i], tree->kind);
    }
    if (has_parentheses)
        sim_buffer_append_text(&run->text, ")");
}

/* --- the second evaluator --------------------------------------------------------------------- */

/* A value of the item or a constant; sizes become numbers. NULL: missing. */
static const cJSON *value_of(struct run *run, const struct operand *operand, const cJSON *item,
                             bool *is_unsized)
{
    const char name[] = {operand->attribute, '\0'};
    const cJSON *value = operand->kind == CONSTANT ? operand->constant : model_find(item, name);
    if (operand->kind != CONSTANT && operand->step > 0 && value != NULL) {
        bool is_map_step = operand->step < 3;
        const cJSON *inner = value->child;
        if (!model_is(value, is_map_step ? "M" : "L"))
            value = NULL;
        else
            value = is_map_step ? model_find(inner, operand->step == 1 ? "k" : "l")
                                : model_at(inner, (unsigned)operand->step - 3);
    }
    if (operand->kind != SIZE || value == NULL)
        return value;
    unsigned char bytes[64];
    size_t size = model_count(value->child);
    if (model_is(value, "S"))
        size = strlen(value->child->valuestring);
    if (model_is(value, "B"))
        size = model_decode(value->child->valuestring, bytes, sizeof bytes);
    if (model_is(value, "N") || model_is(value, "BOOL") || model_is(value, "NULL"))
        *is_unsized = true;
    char key[16];
    char text[24];
    snprintf(key, sizeof key, "size%u", run->constant_count++);
    snprintf(text, sizeof text, "%zu", size);
    cJSON *made = cJSON_AddObjectToObject(run->values, key); /* lives as long as the run */
    cJSON_AddStringToObject(made, "N", text);
    return made;
}

static bool begins(const cJSON *a, const cJSON *b)
{
    unsigned char left[64];
    unsigned char right[64];
    if (strcmp(model_type(a), model_type(b)) != 0)
        return false;
    const char *text = a->child->valuestring;
    const char *prefix = b->child->valuestring;
    if (model_is(a, "S"))
        return strstr(text, prefix) == text;
    if (!model_is(a, "B"))
        return false;
    size_t left_count = model_decode(text, left, sizeof left);
    size_t right_count = model_decode(prefix, right, sizeof right);
    return right_count <= left_count && memcmp(left, right, right_count) == 0;
}

static bool has_inside(const cJSON *a, const cJSON *b)
{
    const char *type = model_type(a);
    unsigned char left[64];
    unsigned char right[64];
    if (model_is(a, "L")) {
        for (const cJSON *element = a->child->child; element != NULL; element = element->next)
            if (model_equal(element, b))
                return true;
        return false;
    }
    if (strlen(type) == 2 && type[1] == 'S') { /* a set, asked for one of its members */
        const char wanted[] = {type[0], '\0'};
        for (const cJSON *member = a->child->child; member != NULL; member = member->next)
            if (model_is(b, wanted) && strcmp(member->valuestring, b->child->valuestring) == 0)
                return true;
        return false;
    }
    if (model_is(a, "S"))
        return model_is(b, "S") && strstr(a->child->valuestring, b->child->valuestring) != NULL;
    if (!model_is(a, "B") || !model_is(b, "B"))
        return false;
    size_t left_count = model_decode(a->child->valuestring, left, sizeof left);
    size_t right_count = model_decode(b->child->valuestring, right, sizeof right);
    for (size_t i = 0; i + right_count <= left_count; i++)
        if (memcmp(left + i, right, right_count) == 0)
            return true;
    return false;
}

static bool compare(enum kind kind, const cJSON *a, const cJSON *b)
{
    if (kind == NE)
        return a == NULL || b == NULL || !model_equal(a, b);
    if (a == NULL || b == NULL)
        return false;
    if (kind == EQ)
        return model_equal(a, b);
    if (kind == TYPE)
        return model_is(a, b->child->valuestring);
    if (kind == BEGINS)
        return begins(a, b);
    if (kind == CONTAINS)
        return has_inside(a, b);
    if (strcmp(model_type(a), model_type(b)) != 0 || strlen(model_type(a)) != 1 ||
        strchr("SNB", model_type(a)[0]) == NULL)
        return false;
    int order = model_compare(a, b);
    return kind == LT ? order < 0 : kind == LE ? order <= 0 : kind == GT ? order > 0 : order >= 0;
}

static bool leaf_is_true(struct run *run, const struct tree *tree, const cJSON *item)
{
    const cJSON *values[4] = {NULL};
    bool is_unsized[4] = {false};
    for (size_t i = 0; i < tree->operand_count; i++)
        values[i] = value_of(run, &tree->operands[i], item, &is_unsized[i]);
    if (tree->kind == EXISTS)
        return values[0] != NULL;
    if (tree->kind == ABSENT)
        return values[0] == NULL;
    if (tree->kind == BETWEEN)
        return !is_unsized[0] && compare(GE, values[0], values[1]) &&
               compare(LE, values[0], values[2]);
    bool is_true = false;
    for (size_t i = 1; i < tree->operand_count; i++)
        is_true = is_true || (!is_unsized[0] && !is_unsized[i] &&
                              compare(tree->kind == IN ? EQ : tree->kind, values[0], values[i]));
    return is_true;
}

static bool is_true(struct run *run, const struct tree *tree, const cJSON *item)
{
    size_t true_count = 0;
    if (tree->kind > NOT)
        return leaf_is_true(run, tree, item);
    for (size_t i = 0; i < tree->child_count; i++)
        true_count += is_true(run, tree->children[i], item);
    return tree->kind == NOT   ? true_count == 0
           : tree->kind == AND ? true_count == tree->child_count
                               : true_count > 0;
}

/* --- the test --------------------------------------------------------------------------------- */

/* Returns what both evaluators said. */
static bool check_one(struct sim_random *random, unsigned number)
{
    struct run run = {.random = random,
                      .arena = sim_arena_create(),
                      .names = cJSON_CreateObject(),
                      .values = cJSON_CreateObject()};
    sim_buffer_init(&run.text);
    cJSON *item = model_item(random);
    struct tree *tree = draw_tree(&run, 3);
    print_tree(&run, tree, EQ);
    const struct ddb_binding *binding =
        model_bind(run.arena, DDB_EXPRESSION_CONDITION, run.text.data, run.names, run.values);
    bool is_skipped = run.text.length_bytes > DDB_EXPRESSION_BYTES_MAX;
    if (binding == NULL && !is_skipped)
        fail_msg("run %u of seed %" PRIu64, number, model_seed());
    bool said = !is_skipped && ddb_condition_holds(binding, item);
    if (!is_skipped && said != is_true(&run, tree, item)) {
        char *printed = cJSON_PrintUnformatted(item);
        char *values = cJSON_PrintUnformatted(run.values);
        fail_msg("run %u of seed %" PRIu64 "\n%s\n%s\n%s\nis not %d", number, model_seed(), printed,
                 values, run.text.data, said);
    }
    cJSON_Delete(item);
    cJSON_Delete(run.names);
    cJSON_Delete(run.values);
    sim_buffer_fini(&run.text);
    sim_arena_destroy(run.arena);
    return said;
}

static void test_two_evaluators_agree(void **state)
{
    (void)state;
    struct sim_random random;
    unsigned runs = model_run_count(RUNS_USUAL);
    unsigned true_count = 0;
    sim_random_init(&random, model_seed(), "property/conditions");
    for (unsigned i = 0; i < runs; i++)
        true_count += check_one(&random, i);
    /* the draws must exercise both answers */
    assert_in_range(true_count, runs / 10, runs - runs / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_evaluators_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
