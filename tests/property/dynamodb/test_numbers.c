/* Random numbers against school arithmetic on digits in a row.
 *
 * The oracle keeps a number as a sign and 400 decimal digits, one a cell, with the point in the
 * middle: everything that the service accepts fits, and so do its sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

#include "emulators/dynamodb/number.h"
#include "tests/property/dynamodb/fixture_model.h"

#define RUNS_USUAL 40000
#define CELLS      400
#define POINT      200 /* cell i counts 10^(i - POINT) */

struct row {
    bool is_negative;
    signed char cells[CELLS];
};

static int highest(const struct row *row)
{
    int i = CELLS - 1;
    while (i >= 0 && row->cells[i] == 0)
        i--;
    return i; /* -1: zero */
}

static int lowest(const struct row *row)
{
    int i = 0;
    while (i < CELLS && row->cells[i] == 0)
        i++;
    return i;
}

static int compare_cells(const struct row *a, const struct row *b)
{
    for (int i = CELLS - 1; i >= 0; i--)
        if (a->cells[i] != b->cells[i])
            return a->cells[i] - b->cells[i];
    return 0;
}

static int compare_rows(const struct row *a, const struct row *b)
{
    if (highest(a) < 0 && highest(b) < 0)
        return 0;
    if (a->is_negative != b->is_negative)
        return a->is_negative ? -1 : 1;
    return a->is_negative ? compare_cells(b, a) : compare_cells(a, b);
}

static struct row add_cells(const struct row *a, const struct row *b)
{
    struct row sum = {.is_negative = a->is_negative};
    int carry = 0;
    for (int i = 0; i < CELLS; i++) {
        int digit = a->cells[i] + b->cells[i] + carry;
        sum.cells[i] = (signed char)(digit % 10);
        carry = digit / 10;
    }
    return sum;
}

/* a is not the smaller one. */
static struct row subtract_cells(const struct row *a, const struct row *b)
{
    struct row difference = {.is_negative = a->is_negative};
    int borrow = 0;
    for (int i = 0; i < CELLS; i++) {
        int digit = a->cells[i] - b->cells[i] - borrow;
        borrow = digit < 0;
        difference.cells[i] = (signed char)(digit < 0 ? digit + 10 : digit);
    }
    return difference;
}

static struct row add_rows(const struct row *a, const struct row *b)
{
    struct row sum = a->is_negative == b->is_negative ? add_cells(a, b)
                     : compare_cells(a, b) >= 0       ? subtract_cells(a, b)
                                                      : subtract_cells(b, a);
    if (highest(&sum) < 0)
        sum.is_negative = false;
    return sum;
}

/* "overflow", "underflow" or NULL: what the service thinks of a result. */
static const char *judge(const struct row *row)
{
    int high = highest(row);
    if (high < 0)
        return NULL;
    if (high - lowest(row) + 1 > DDB_NUMBER_DIGITS_MAX || high - POINT > 125)
        return "overflow";
    return high - POINT < -130 ? "underflow" : NULL;
}

static void print_row(const struct row *row, char text[CELLS + 4])
{
    int high = highest(row) > POINT ? highest(row) : POINT;
    int low = lowest(row) < POINT ? lowest(row) : POINT;
    char *at = text;
    if (row->is_negative)
        *at++ = '-';
    for (int i = high; i >= low; i--) {
        if (i == POINT - 1)
            *at++ = '.';
        *at++ = (char)('0' + row->cells[i]);
    }
    *at = '\0';
}

/* A number that the service takes: mostly near others in size, so that sums meet. */
static struct row draw_row(struct sim_random *random)
{
    struct row row = {0};
    int digits = 1 + (int)sim_random_below(random, sim_random_below(random, 3) == 0 ? 38 : 5);
    int high = sim_random_below(random, 4) == 0 ? (int)sim_random_below(random, 256) - 130
                                                : (int)sim_random_below(random, 44) - 3;
    for (int i = 0; i < digits; i++) {
        bool is_nine = sim_random_below(random, 3) == 0; /* carries */
        int digit = is_nine ? 9 : (int)sim_random_below(random, 10);
        row.cells[POINT + high - i] = (signed char)(i == 0 && digit == 0 ? 1 : digit);
    }
    row.is_negative = sim_random_below(random, 2) == 0;
    if (sim_random_below(random, 30) == 0)
        memset(&row, 0, sizeof row);
    return row;
}

/* Some spelling of the row: sign, zeros around, exponent. */
static void spell(struct sim_random *random, const struct row *row, struct sim_buffer *text)
{
    int high = highest(row);
    int low = lowest(row);
    sim_buffer_clear(text);
    sim_buffer_append_text(text, row->is_negative                   ? "-"
                                 : sim_random_below(random, 4) == 0 ? "+"
                                                                    : "");
    if (high < 0) {
        sim_buffer_append_text(text, sim_random_below(random, 2) ? "0" : "00.000");
        return;
    }
    for (uint64_t i = sim_random_below(random, 3); i > 0; i--)
        sim_buffer_append_text(text, "0");
    int point = low + (int)sim_random_below(random, (uint64_t)(high - low + 2)); /* below which */
    for (int i = high; i >= low; i--) {
        if (i == point - 1)
            sim_buffer_append_text(text, ".");
        sim_buffer_printf(text, "%d", row->cells[i]);
    }
    if (point <= low && sim_random_below(random, 2) == 0)
        sim_buffer_append_text(text, ".00");
    point = point < low ? low : point;
    if (point != POINT)
        sim_buffer_printf(text, "%c%s%d", sim_random_below(random, 2) ? 'e' : 'E',
                          point > POINT && sim_random_below(random, 2) ? "+" : "", point - POINT);
}

static struct ddb_number read_number(struct sim_random *random, const struct row *row,
                                     struct sim_buffer *text)
{
    struct ddb_number number = {0};
    char printed[CELLS + 4];
    char formatted[DDB_NUMBER_TEXT_BYTES];
    spell(random, row, text);
    if (!ddb_number_parse(text->data, &number, NULL))
        fail_msg("%s is refused", text->data);
    ddb_number_format(&number, formatted);
    print_row(row, printed);
    if (strcmp(formatted, printed) != 0)
        fail_msg("%s becomes %s, not %s", text->data, formatted, printed);
    return number;
}

static int key_order(const struct ddb_number *a, const struct ddb_number *b)
{
    uint8_t left[DDB_NUMBER_KEY_BYTES];
    uint8_t right[DDB_NUMBER_KEY_BYTES];
    size_t left_bytes = ddb_number_key(a, left);
    size_t right_bytes = ddb_number_key(b, right);
    int order = memcmp(left, right, left_bytes < right_bytes ? left_bytes : right_bytes);
    return order != 0 ? order : (left_bytes > right_bytes) - (left_bytes < right_bytes);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void check_result(const struct row *wanted, bool is_good, const struct ddb_number *result,
                         const struct ddb_fault *fault)
{
    char printed[CELLS + 4];
    char formatted[DDB_NUMBER_TEXT_BYTES];
    const char *verdict = judge(wanted);
    print_row(wanted, printed);
    if (is_good != (verdict == NULL))
        fail_msg("%s is %s", printed, is_good ? "taken" : fault->message);
    if (!is_good && strstr(fault->message, verdict) == NULL)
        fail_msg("%s is refused for %s", printed, fault->message);
    if (!is_good)
        return;
    ddb_number_format(result, formatted);
    assert_string_equal(formatted, printed);
}

static void check_pair(struct sim_random *random, struct sim_buffer *text)
{
    struct row left = draw_row(random);
    struct row right = sim_random_below(random, 10) == 0 ? left : draw_row(random);
    struct ddb_number a = read_number(random, &left, text);
    struct ddb_number b = read_number(random, &right, text);
    struct ddb_fault fault = {.arena = sim_arena_create()};
    struct ddb_number result = {0};
    int order = sign(compare_rows(&left, &right));
    assert_int_equal(sign(ddb_number_compare(&a, &b)), order);
    assert_int_equal(sign(key_order(&a, &b)), order);

    struct row sum = add_rows(&left, &right);
    bool is_good = ddb_number_add(&a, &b, &result, &fault);
    check_result(&sum, is_good, &result, &fault);
    right.is_negative = !right.is_negative;
    sum = add_rows(&left, &right);
    is_good = ddb_number_subtract(&a, &b, &result, &fault);
    check_result(&sum, is_good, &result, &fault);
    sim_arena_destroy(fault.arena);
}

static void test_numbers_agree_with_school_arithmetic(void **state)
{
    (void)state;
    struct sim_random random;
    struct sim_buffer text;
    sim_random_init(&random, model_seed(), "property/numbers");
    sim_buffer_init(&text);
    for (unsigned i = 0; i < model_run_count(RUNS_USUAL); i++)
        check_pair(&random, &text);
    sim_buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers_agree_with_school_arithmetic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
